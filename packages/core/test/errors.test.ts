import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, PosthornError } from '../src/index.js';

describe('PosthornError', () => {
  it('uses its detail as the message, else the title of its code', () => {
    expect(new PosthornError('not_found').message).toBe(ERROR_CODES.not_found.title);
    expect(new PosthornError('not_found', { detail: 'Webhook not found' }).message).toBe('Webhook not found');
  });

  it('keeps its code and cause', () => {
    const cause = new Error('deep');
    expect(new PosthornError('internal_error', { cause })).toMatchObject({ code: 'internal_error', cause });
  });
});

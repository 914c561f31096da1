import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, PosthornError } from '../src/index.js';

describe('a fault', () => {
  it('says its detail, or the title of its code', () => {
    expect(new PosthornError('not_found').message).toBe(ERROR_CODES.not_found.title);
    expect(new PosthornError('not_found', { detail: 'no such webhook' }).message).toBe('no such webhook');
  });

  it('keeps its cause for the logs', () => {
    const cause = new Error('deep');
    expect(new PosthornError('internal_error', { cause })).toMatchObject({ code: 'internal_error', cause });
  });
});

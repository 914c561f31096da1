import { describe, expect, it } from '@jest/globals';
import { hashApiKey, newApiKey } from '../../src/index.js';

describe('an API key', () => {
  it('has the prefix phk_ and 256 random bits', () => {
    expect(newApiKey()).toMatch(/^phk_[A-Za-z0-9_-]{43}$/);
    expect(newApiKey()).not.toBe(newApiKey());
  });

  it('is stored as its SHA-256', () => {
    expect(hashApiKey('phk_test').toString('hex')).toBe(
      '9c32fc3d5f601622ca9a3ffc8e3c58cd35838365443b62c3c825103742ff4e2e',
    );
  });
});

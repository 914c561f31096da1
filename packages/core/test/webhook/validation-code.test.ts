import { describe, expect, it } from '@jest/globals';
import {
  checkValidationCode,
  hashValidationCode,
  MAX_VALIDATION_TRIES,
  newValidationCode,
  type StoredValidation,
} from '../../src/index.js';

const KEY = Buffer.alloc(32, 7);
const URL = 'https://receiver.example/';
const NOW = new Date('2026-02-01T00:00:00Z');

const stored: StoredValidation = {
  url: URL,
  codeHash: hashValidationCode('BCDF2345', 'w1', KEY),
  expiresAt: new Date(NOW.getTime() + 1),
  deliveredAt: NOW,
  failedAttempts: 0,
};
const tryCode = (
  code: string,
  {
    validation = stored,
    webhookId = 'w1',
    target = URL,
  }: {
    validation?: StoredValidation | null;
    webhookId?: string;
    target?: string;
  } = {},
) =>
  checkValidationCode(validation, { codeHash: hashValidationCode(code, webhookId, KEY), target, now: NOW });

describe('a validation code', () => {
  it('is confirmed by itself, whatever the case and the space around it', () => {
    expect(tryCode('BCDF2345')).toBe('ok');
    expect(tryCode(' bcdf2345\n')).toBe('ok');
  });

  it('is wrong when another one is tried', () => {
    expect(tryCode('BCDF2346')).toBe('wrong');
    expect(tryCode('')).toBe('wrong');
  });

  it('is of no use for another webhook or another key', () => {
    expect(tryCode('BCDF2345', { webhookId: 'w2' })).toBe('wrong');
    expect(hashValidationCode('BCDF2345', 'w1', Buffer.alloc(32, 8))).not.toEqual(stored.codeHash);
  });

  it('is of no use for a URL that it was not sent to', () => {
    expect(tryCode('BCDF2345', { target: 'https://other.example/' })).toBe('not_requested');
    expect(tryCode('BCDF2345', { validation: null })).toBe('not_requested');
  });

  it('cannot be confirmed before the receiver took the request', () => {
    expect(tryCode('BCDF2345', { validation: { ...stored, deliveredAt: null } })).toBe('not_delivered');
  });

  it('expires at its very moment', () => {
    expect(tryCode('BCDF2345', { validation: { ...stored, expiresAt: NOW } })).toBe('expired');
  });

  it('burns after five wrong tries, even for the right code', () => {
    expect(MAX_VALIDATION_TRIES).toBe(5);
    expect(tryCode('BCDF2345', { validation: { ...stored, failedAttempts: 4 } })).toBe('ok');
    expect(tryCode('BCDF2345', { validation: { ...stored, failedAttempts: 5 } })).toBe('locked');
  });

  it('is new each time, 8 characters that cannot be mistaken', () => {
    const codes = Array.from({ length: 200 }, newValidationCode);
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(code).toMatch(/^[2-9BCDFGHJKMNPQRTVWXYZ]{8}$/);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  checkValidationCode,
  hashValidationCode,
  MAX_VALIDATION_ATTEMPTS,
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
const check = (
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
  it('is accepted in any case and with surrounding whitespace', () => {
    expect(check('BCDF2345')).toBe('ok');
    expect(check(' bcdf2345\n')).toBe('ok');
  });

  it('is rejected if it differs', () => {
    expect(check('BCDF2346')).toBe('wrong');
    expect(check('')).toBe('wrong');
  });

  it('is rejected for another webhook, and its hash depends on the key', () => {
    expect(check('BCDF2345', { webhookId: 'w2' })).toBe('wrong');
    expect(hashValidationCode('BCDF2345', 'w1', Buffer.alloc(32, 8))).not.toEqual(stored.codeHash);
  });

  it('is rejected for a URL that it was not sent to', () => {
    expect(check('BCDF2345', { target: 'https://other.example/' })).toBe('not_requested');
    expect(check('BCDF2345', { validation: null })).toBe('not_requested');
  });

  it('is rejected before the receiver accepted the request', () => {
    expect(check('BCDF2345', { validation: { ...stored, deliveredAt: null } })).toBe('not_delivered');
  });

  it('is expired from exactly its expiry time on', () => {
    expect(check('BCDF2345', { validation: { ...stored, expiresAt: NOW } })).toBe('expired');
  });

  it('is locked after five wrong attempts, even for the right code', () => {
    expect(MAX_VALIDATION_ATTEMPTS).toBe(5);
    expect(check('BCDF2345', { validation: { ...stored, failedAttempts: 4 } })).toBe('ok');
    expect(check('BCDF2345', { validation: { ...stored, failedAttempts: 5 } })).toBe('locked');
  });

  it('is unique and has 8 unambiguous characters', () => {
    const codes = Array.from({ length: 200 }, newValidationCode);
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(code).toMatch(/^[2-9BCDFGHJKMNPQRTVWXYZ]{8}$/);
  });
});

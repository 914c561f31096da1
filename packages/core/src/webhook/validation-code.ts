import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/** How long a validation code can be confirmed, in milliseconds. */
export const VALIDATION_CODE_TTL_MS = 15 * 60 * 1000;

/** Wrong tries after which a code is locked. */
export const MAX_VALIDATION_TRIES = 5;

/** No vowels and no look-alikes: it is read aloud, and never spells a word. */
const ALPHABET = '23456789BCDFGHJKMNPQRTVWXYZ';
const LENGTH = 8;

/** A new code of 8 characters, 38 bits. */
export function newValidationCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** What is stored of a code: an HMAC bound to its webhook, useless without the key. Case does not matter. */
export function hashValidationCode(code: string, webhookId: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${webhookId}:${code.trim().toUpperCase()}`).digest();
}

export interface StoredValidation {
  url: string;
  codeHash: Uint8Array;
  expiresAt: Date;
  /** When the receiver took the request with a 2xx; only then can the code be confirmed. */
  deliveredAt: Date | null;
  failedAttempts: number;
}

export type ValidationCheck = 'ok' | 'not_requested' | 'not_delivered' | 'expired' | 'locked' | 'wrong';

/** Judges one try, comparing in constant time. `target` is the URL that is to be validated now. */
export function checkValidationCode(
  stored: StoredValidation | null,
  attempt: { codeHash: Buffer; target: string; now: Date },
): ValidationCheck {
  if (!stored || stored.url !== attempt.target) return 'not_requested';
  if (stored.failedAttempts >= MAX_VALIDATION_TRIES) return 'locked';
  if (stored.expiresAt <= attempt.now) return 'expired';
  if (stored.deliveredAt === null) return 'not_delivered';
  return timingSafeEqual(stored.codeHash, attempt.codeHash) ? 'ok' : 'wrong';
}

import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/** Lifetime of a validation code, in milliseconds. */
export const VALIDATION_CODE_TTL_MS = 15 * 60 * 1000;

/** Number of wrong attempts that lock a code. */
export const MAX_VALIDATION_ATTEMPTS = 5;

/** No vowels and no look-alikes, so that a code can be read aloud and never spells a word. */
const ALPHABET = '23456789BCDFGHJKMNPQRTVWXYZ';
const LENGTH = 8;

/** Returns a new code of 8 characters (38 bits). */
export function newValidationCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Returns the HMAC of a code, bound to its webhook, for storage. Ignores case and surrounding whitespace. */
export function hashValidationCode(code: string, webhookId: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${webhookId}:${code.trim().toUpperCase()}`).digest();
}

export interface StoredValidation {
  url: string;
  codeHash: Uint8Array;
  expiresAt: Date;
  /** When the receiver accepted the validation request with a 2xx. Until then the code cannot be confirmed. */
  deliveredAt: Date | null;
  failedAttempts: number;
}

export type ValidationCheck = 'ok' | 'not_requested' | 'not_delivered' | 'expired' | 'locked' | 'wrong';

/**
 * Checks a code that a user entered, in constant time.
 *
 * @param attempt.target the URL to validate, see `validationTarget`
 */
export function checkValidationCode(
  stored: StoredValidation | null,
  attempt: { codeHash: Buffer; target: string; now: Date },
): ValidationCheck {
  if (!stored || stored.url !== attempt.target) return 'not_requested';
  if (stored.failedAttempts >= MAX_VALIDATION_ATTEMPTS) return 'locked';
  if (stored.expiresAt <= attempt.now) return 'expired';
  if (stored.deliveredAt === null) return 'not_delivered';
  return timingSafeEqual(stored.codeHash, attempt.codeHash) ? 'ok' : 'wrong';
}

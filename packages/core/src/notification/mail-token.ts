import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the holder of a link in an email may do. */
export interface MailToken {
  purpose: 'confirm' | 'unsubscribe';
  tenantId: string;
  address: string;
}

/** How long a link to confirm is valid, in seconds. One to unsubscribe does not expire: it also leads back to a subscription. */
const CONFIRM_SECONDS = 2 * 86_400;

const PURPOSES = { confirm: 'confirm', unsubscribe: 'unsubscribe' } as const;

/** Longer texts are not verified. An address has at most 254 characters. */
const MAX_TOKEN_LENGTH = 1000;

/** Returns the token of a link in an email: its content with its time, and an HMAC of both. */
export function signMailToken({ purpose, tenantId, address }: MailToken, key: Buffer, now: Date): string {
  const signedAt = Math.floor(now.getTime() / 1000);
  const payload = Buffer.from(JSON.stringify([purpose, tenantId, address, signedAt])).toString('base64url');
  return `${payload}.${macOf(payload, key).toString('base64url')}`;
}

/** Returns the content of a token, or null if it is forged or has expired. */
export function verifyMailToken(token: string, key: Buffer, now: Date): MailToken | null {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  const [payload = '', mac = '', ...rest] = token.split('.');
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(payload, key);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [purpose, tenantId, address, signedAt]: unknown[] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  );
  const known = typeof purpose === 'string' && Object.hasOwn(PURPOSES, purpose);
  if (!known || typeof tenantId !== 'string' || typeof address !== 'string') return null;
  if (typeof signedAt !== 'number') return null;
  if (purpose !== 'confirm') return { purpose: 'unsubscribe', tenantId, address };
  const isExpired = (signedAt + CONFIRM_SECONDS) * 1000 <= now.getTime();
  return isExpired ? null : { purpose, tenantId, address };
}

const macOf = (payload: string, key: Buffer): Buffer => createHmac('sha256', key).update(payload).digest();

import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the holder of a link in an email may do. */
export interface MailToken {
  purpose: 'confirm' | 'unsubscribe';
  tenantId: string;
  address: string;
}

/** How long links in emails are valid, in seconds. */
const LIFETIME_SECONDS: Record<MailToken['purpose'], number> = {
  confirm: 2 * 86_400,
  unsubscribe: 180 * 86_400,
};

const PURPOSES = { confirm: 'confirm', unsubscribe: 'unsubscribe' } as const;

/** Longer texts are not verified. An address has at most 254 characters. */
const MAX_TOKEN_LENGTH = 1000;

/** Returns the token of a link in an email: its content with expiry, and an HMAC of both. */
export function signMailToken({ purpose, tenantId, address }: MailToken, key: Buffer, now: Date): string {
  const expiresAt = Math.floor(now.getTime() / 1000) + LIFETIME_SECONDS[purpose];
  const payload = Buffer.from(JSON.stringify([purpose, tenantId, address, expiresAt])).toString('base64url');
  return `${payload}.${macOf(payload, key).toString('base64url')}`;
}

/** Returns the content of a token, or null if it is forged or has expired. */
export function verifyMailToken(token: string, key: Buffer, now: Date): MailToken | null {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  const [payload = '', mac = '', ...rest] = token.split('.');
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(payload, key);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [purpose, tenantId, address, expiresAt]: unknown[] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  );
  const known = typeof purpose === 'string' && Object.hasOwn(PURPOSES, purpose);
  if (!known || typeof tenantId !== 'string' || typeof address !== 'string') return null;
  if (typeof expiresAt !== 'number' || expiresAt * 1000 <= now.getTime()) return null;
  return { purpose: purpose === 'confirm' ? 'confirm' : 'unsubscribe', tenantId, address };
}

const macOf = (payload: string, key: Buffer): Buffer => createHmac('sha256', key).update(payload).digest();

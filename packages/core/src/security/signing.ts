import { createHmac, randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** Returns a new signing secret in the format of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** How the text of a secret represents the bytes of its key. */
export const SECRET_ENCODINGS = ['base64', 'text'] as const;
export type SecretEncoding = (typeof SECRET_ENCODINGS)[number];

/** The size of the key of a secret that its owner brings, in bytes. */
const MIN_OWN_BYTES = 16;
const MAX_OWN_BYTES = 128;

/** Longest text of such a secret: its prefix, and the longest key in base64. */
export const MAX_OWN_SECRET_LENGTH = SECRET_PREFIX.length + 4 * Math.ceil(MAX_OWN_BYTES / 3);

/**
 * Returns a secret that its owner brings as a signing secret, `whsec_` and its bytes in base64; null if it is not base64, or has fewer
 * than 16 or more than 128 bytes.
 *
 * @param encoding undefined to recognize it: `whsec_…` is base64, and so is base64 that has padding, `+` or `/`; all else is text
 */
export function ownSigningSecret(secret: string, encoding?: SecretEncoding): string | null {
  const bytes =
    (encoding ?? encodingOf(secret)) === 'text' ? Buffer.from(secret) : fromBase64(withoutPrefix(secret));
  if (bytes === null || bytes.length < MIN_OWN_BYTES || bytes.length > MAX_OWN_BYTES) return null;
  return SECRET_PREFIX + bytes.toString('base64');
}

function encodingOf(secret: string): SecretEncoding {
  const isBase64 = secret.startsWith(SECRET_PREFIX) || (/[+/=]/.test(secret) && secret.length % 4 === 0);
  return isBase64 && fromBase64(withoutPrefix(secret)) !== null ? 'base64' : 'text';
}

const withoutPrefix = (secret: string): string =>
  secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;

/** Returns null if a text is not base64, with or without padding. */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return unpadded(bytes.toString('base64')) === unpadded(text) ? bytes : null;
}

const unpadded = (base64: string): string => base64.replace(/={1,2}$/, '');

/**
 * Returns all headers of a request to a webhook. Custom headers cannot override the others.
 *
 * @param message.headers the webhook's custom headers
 */
export function webhookHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
  headers: Record<string, string>;
}): Record<string, string> {
  return { ...message.headers, 'content-type': 'application/json', ...signatureHeaders(message) };
}

/**
 * Returns the Standard Webhooks 1.0 headers for one attempt, with one `v1` signature per live secret. `body` must be
 * sent byte for byte as passed here.
 */
export function signatureHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
}): Record<string, string> {
  const seconds = Math.floor(message.timestamp.getTime() / 1000).toString();
  const content = `${message.id}.${seconds}.${message.body}`;
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': message.secrets.map((secret) => `v1,${hmac(secret, content)}`).join(' '),
  };
}

function hmac(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}

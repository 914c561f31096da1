import { createHmac, randomBytes } from 'node:crypto';
import { ed25519KeyKind, signEd25519 } from './ed25519.js';
import { type FieldProblem, fieldProblem } from '../messages/field-error.js';
import { isWeakKey, weakKey } from './weak-key.js';

export const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** How the text of a secret represents the bytes of its key. */
export const SECRET_ENCODINGS = ['base64', 'text'] as const;
export type SecretEncoding = (typeof SECRET_ENCODINGS)[number];

/** A secret for HMACs, as its owner has it: base64, with or without `whsec_` before it, or text. */
export interface SigningSecret {
  text: string;
  encoding: SecretEncoding;
}

/** The keys of a webhook that are valid, newest first. */
export interface SigningKeys {
  secrets: readonly SigningSecret[];
  /** Ed25519 private keys, `whsk_…`. */
  privateKeys: readonly string[];
}

/** Returns a new signing secret in the format of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

export const base64Secret = (text: string): SigningSecret => ({ text, encoding: 'base64' });

/** The size of the key of a secret that its owner brings, in bytes. */
const MIN_OWN_BYTES = 16;
const MAX_OWN_BYTES = 128;

/** Longest text of such a secret: its prefix, and the longest key in base64. */
export const MAX_OWN_SECRET_LENGTH = SECRET_PREFIX.length + 4 * Math.ceil(MAX_OWN_BYTES / 3);

/** An Ed25519 key in the place of a secret would sign HMACs that no receiver verifies. */
const KEY_CODES = { private: 'secret_is_private_key', public: 'secret_is_public_key' } as const;

/**
 * Returns a secret that its owner brings, or what is wrong with it. Applies only when it is set: one that is stored signs as it is.
 *
 * @param encoding undefined to recognize it: `whsec_…` is base64, and so is base64 that has padding, `+` or `/`; all else is text
 */
export function ownSigningSecret(
  text: string,
  encoding?: SecretEncoding,
): SigningSecret | { problem: FieldProblem } {
  const keyKind = ed25519KeyKind(text);
  if (keyKind !== null) return { problem: fieldProblem(KEY_CODES[keyKind]) };
  const secret = { text, encoding: encoding ?? encodingOf(text) };
  const bytes = secret.encoding === 'text' ? Buffer.from(text) : fromBase64(withoutPrefix(text));
  if (bytes === null && encoding === undefined) return { problem: fieldProblem('secret_not_base64') };
  if (bytes === null || bytes.length < MIN_OWN_BYTES || bytes.length > MAX_OWN_BYTES)
    return { problem: fieldProblem('secret_form', { min: MIN_OWN_BYTES, max: MAX_OWN_BYTES }) };
  return isWeakKey(bytes) ? { problem: weakKey() } : secret;
}

function encodingOf(text: string): SecretEncoding {
  if (text.startsWith(SECRET_PREFIX)) return 'base64';
  return /[+/=]/.test(text) && text.length % 4 === 0 && fromBase64(text) !== null ? 'base64' : 'text';
}

const withoutPrefix = (secret: string): string =>
  secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;

/** Returns null if a text is not base64, with or without padding. */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return unpadded(bytes.toString('base64')) === unpadded(text) ? bytes : null;
}

const unpadded = (base64: string): string => base64.replace(/={1,2}$/, '');

/** Returns the bytes that a secret represents: the key of Standard Webhooks and Svix. */
export function decodedKey({ text, encoding }: SigningSecret): Buffer {
  return encoding === 'text' ? Buffer.from(text) : Buffer.from(withoutPrefix(text), 'base64');
}

/** Returns a secret as the libraries of Standard Webhooks take it: `whsec_` and the bytes in base64. */
export function standardSecret(secret: SigningSecret): string {
  return SECRET_PREFIX + decodedKey(secret).toString('base64');
}

/** Returns a time as whole seconds since 1970. */
export function unixSeconds(time: Date): string {
  return Math.floor(time.getTime() / 1000).toString();
}

/**
 * Returns the Standard Webhooks 1.0 headers for one attempt, with one `v1` signature per live secret and one `v1a` signature per
 * live Ed25519 key. `body` must be sent byte for byte as passed here.
 */
export function signatureHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  keys: SigningKeys;
}): Record<string, string> {
  const { secrets, privateKeys } = message.keys;
  const seconds = unixSeconds(message.timestamp);
  const content = `${message.id}.${seconds}.${message.body}`;
  const signatures = secrets.map((secret) => `v1,${hmac(secret, content)}`);
  for (const key of privateKeys) signatures.push(`v1a,${signEd25519(key, content).toString('base64')}`);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}

function hmac(secret: SigningSecret, content: string): string {
  return createHmac('sha256', decodedKey(secret)).update(content).digest('base64');
}

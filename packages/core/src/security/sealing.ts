import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what must not stand in the database in clear. */
export interface Sealer {
  /** AES-256-GCM; `context` (what the text belongs to) must be the same when it is opened. */
  seal(text: string, context: string): string;
  /** Throws when the key or the context is another one, or the text was changed. */
  open(sealed: string, context: string): string;
  /** A key for keyed hashes, derived from the same master key. */
  hashKey: Buffer;
}

/** @param masterKey 32 bytes */
export function createSealer(masterKey: Buffer): Sealer {
  if (masterKey.length !== KEY_BYTES) throw new RangeError(`the encryption key must be ${KEY_BYTES} bytes`);
  return {
    hashKey: Buffer.from(hkdfSync('sha256', masterKey, '', 'posthorn keyed hash', KEY_BYTES)),
    seal(text, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', masterKey, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}

/** Texts that a remembering sealer has open at the same time. */
const REMEMBERED = 1000;

/**
 * A sealer that does not decrypt the same text twice in a row: a worker opens the secrets of the same webhooks for every
 * delivery. What was sealed anew is another text, so nothing ever goes stale.
 */
export function rememberOpened(sealer: Sealer): Sealer {
  const opened = new LRUCache<string, string>({ max: REMEMBERED });
  return {
    ...sealer,
    open(sealed, context) {
      const key = `${context} ${sealed}`;
      const known = opened.get(key);
      if (known !== undefined) return known;
      const text = sealer.open(sealed, context);
      opened.set(key, text);
      return text;
    },
  };
}

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts values that must not be stored in plain text. */
export interface Sealer {
  /**
   * Encrypts with AES-256-GCM. `context` names the owner of the text, such as `webhook:ID`; opening requires the same
   * context.
   */
  seal(text: string, context: string): string;
  /** Decrypts. Throws if the key or the context differs, or if the sealed text was modified. */
  open(sealed: string, context: string): string;
  /** A key for HMACs, derived from the master key. */
  hashKey: Buffer;
}

/** Creates a sealer. Throws a RangeError unless `masterKey` has 32 bytes. */
export function createSealer(masterKey: Buffer): Sealer {
  if (masterKey.length !== KEY_BYTES) throw new RangeError(`The encryption key must be ${KEY_BYTES} bytes`);
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

const CACHE_SIZE = 1000;

/**
 * Returns a sealer that caches opened texts, because a worker opens the secrets of the same webhooks for every delivery.
 * The cache never goes stale: sealing a new value gives a new sealed text.
 */
export function rememberOpened(sealer: Sealer): Sealer {
  const opened = new LRUCache<string, string>({ max: CACHE_SIZE });
  return {
    ...sealer,
    open(sealed, context) {
      const key = `${context} ${sealed}`;
      const cached = opened.get(key);
      if (cached !== undefined) return cached;
      const text = sealer.open(sealed, context);
      opened.set(key, text);
      return text;
    },
  };
}

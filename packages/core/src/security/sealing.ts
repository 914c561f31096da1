import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_LENGTH = 8;

/** A sealed text: `v1.KEYID.BASE64`. packages/database reads the id of the key by its position, too. */
const SEALED = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9+/=]*)$/;

/** Encrypts values that must not be stored in plain text. */
export interface Sealer {
  /** The id of the key that seals. */
  readonly keyId: string;
  /** The ids of all keys that open. */
  readonly keyIds: readonly string[];
  /**
   * Encrypts with AES-256-GCM. `context` names the owner of the text, such as `webhook:ID`; opening requires the same
   * context.
   */
  seal(text: string, context: string): string;
  /** Decrypts. Throws if the key is missing, the context differs, or the sealed text was modified. */
  open(sealed: string, context: string): string;
}

/** A sealer with the key for the keyed hashes of the installation, which stays the same when the keys of the sealer change. */
export interface HashingSealer extends Sealer {
  readonly hashKey: Buffer;
}

/** Creates a sealer whose first key seals; all of them open. Throws a RangeError unless each key has 32 bytes. */
export function createSealer(first: Buffer, ...others: readonly Buffer[]): Sealer {
  const keys = new Map([first, ...others].map((key) => [encryptionKeyId(key), key]));
  const keyId = encryptionKeyId(first);
  return {
    keyId,
    keyIds: Array.from(keys.keys()),
    seal(text, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `v1.${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    open(sealed, context) {
      const [, id = '', base64 = ''] = SEALED.exec(sealed) ?? [];
      const key = keys.get(id);
      if (!key)
        throw new Error(id === '' ? 'not a sealed text' : `the encryption key ${id} is not configured`);
      const bytes = Buffer.from(base64, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}

/** Returns the id of a key, which reveals nothing about it. */
export function encryptionKeyId(key: Buffer): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`The encryption key must be ${KEY_BYTES} bytes`);
  return createHmac('sha256', key).update('posthorn key id').digest('hex').slice(0, KEY_ID_LENGTH);
}

/** Returns a sealed text as sealed by the first key of the sealer: the same text, if it is already. */
export function reseal(sealed: string, context: string, sealer: Sealer): string {
  return sealed.startsWith(`v1.${sealer.keyId}.`)
    ? sealed
    : sealer.seal(sealer.open(sealed, context), context);
}

/** Returns the sealing context of a stored response. */
export function idempotencySealingContext(apiKeyId: string, key: string): string {
  return `idempotency:${apiKeyId}:${key}`;
}

/** The sealing context of the receipts of erasures, which are repeated in a database that does not know them. */
export const ERASURE_SEALING_CONTEXT = 'erasure';

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

import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** How many bytes a sealed value is longer than the value. */
const SEALING_BYTES = IV_BYTES + TAG_BYTES;

/** A data key of 32 bytes, and what the value belongs to: a sealed value can be opened only with the same. */
interface DataKeySealing {
  key: Buffer;
  context: string;
}

/** Encrypts bytes with AES-256-GCM. Returns nonce, tag and ciphertext. */
export function sealBytes(bytes: Buffer, { key, context }: DataKeySealing): Buffer {
  const iv = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const sealed = cipher.update(bytes);
  // Returns nothing in this mode.
  cipher.final();
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Decrypts what `sealBytes` returned. Throws if the key or the context differs, or if it was modified. */
export function openBytes(sealed: Uint8Array, { key, context }: DataKeySealing): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(IV_BYTES, SEALING_BYTES));
  const opened = decipher.update(sealed.subarray(SEALING_BYTES));
  // Verifies, and returns nothing in this mode.
  decipher.final();
  return opened;
}

/** Random nonces, made many at a time: one alone takes as long as its encryption. */
const nonces = Buffer.alloc(IV_BYTES * 256);
let usedBytes = nonces.length;

/** Returns the next nonce. It is valid until the next call. */
function nextNonce(): Buffer {
  if (usedBytes === nonces.length) {
    randomFillSync(nonces);
    usedBytes = 0;
  }
  usedBytes += IV_BYTES;
  return nonces.subarray(usedBytes - IV_BYTES, usedBytes);
}

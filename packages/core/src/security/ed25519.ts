import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export const PRIVATE_PREFIX = 'whsk_';
export const PUBLIC_PREFIX = 'whpk_';
export const KEY_BYTES = 32;

/** The DER encoding of an Ed25519 key (RFC 8410) before its 32 bytes. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** An Ed25519 key pair in the format of Standard Webhooks: a prefix and 32 bytes in base64. */
export interface Ed25519KeyPair {
  /** `whsk_` and the seed. */
  privateKey: string;
  /** `whpk_` and the public key. */
  publicKey: string;
}

/** Longest text of a private key: PEM, with a public key in it and other line ends. */
export const MAX_PRIVATE_KEY_LENGTH = 300;

/** Which key a text is by its prefix, null for other texts. */
export function ed25519KeyKind(text: string): 'private' | 'public' | null {
  if (text.startsWith(PRIVATE_PREFIX)) return 'private';
  return text.startsWith(PUBLIC_PREFIX) ? 'public' : null;
}

export function newEd25519KeyPair(): Ed25519KeyPair {
  return pairOf(generateKeyPairSync('ed25519').privateKey);
}

/** Returns the Ed25519 signature of a text. @param privateKey `whsk_…` of a key pair */
export function signEd25519(privateKey: string, content: string): Buffer {
  const seed = Buffer.from(privateKey.slice(PRIVATE_PREFIX.length), 'base64');
  return sign(null, Buffer.from(content), keyOfSeed(seed));
}

/** @throws Error if the seed has another length, so that OpenSSL gets only what is a key */
export function keyOfSeed(seed: Buffer): KeyObject {
  if (seed.length !== KEY_BYTES) throw new Error('An Ed25519 seed has 32 bytes');
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

export function seedOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEAD.length);
}

export function pairOf(key: KeyObject): Ed25519KeyPair {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
  return {
    privateKey: PRIVATE_PREFIX + seedOf(key).toString('base64'),
    publicKey: PUBLIC_PREFIX + publicKey.toString('base64'),
  };
}

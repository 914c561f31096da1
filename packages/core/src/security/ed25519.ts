import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isWeakKey, WEAK_KEY } from './weak-key.js';

const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
const KEY_BYTES = 32;

/** The DER encoding of an Ed25519 key (RFC 8410) before its 32 bytes. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** An Ed25519 key pair in the format of Standard Webhooks: a prefix and 32 bytes in base64. */
export interface Ed25519KeyPair {
  /** `whsk_` and the seed. */
  privateKey: string;
  /** `whpk_` and the public key. */
  publicKey: string;
}

/** Longest text of a private key. */
export const MAX_PRIVATE_KEY_LENGTH = PRIVATE_PREFIX.length + 4 * Math.ceil((2 * KEY_BYTES) / 3);

export function newEd25519KeyPair(): Ed25519KeyPair {
  return pairOf(generateKeyPairSync('ed25519').privateKey);
}

const BAD_PRIVATE_KEY = {
  problem: 'must be whsk_ and 32 bytes in base64, or these and the public key that belongs to them',
};

/**
 * Returns the key pair of a private key that its owner brings, or what is wrong with it.
 *
 * @param text `whsk_` and, in base64, the 32 bytes of the seed, or the 64 bytes of the seed and the public key, which some libraries write
 */
export function ownEd25519KeyPair(text: string): Ed25519KeyPair | { problem: string } {
  if (!text.startsWith(PRIVATE_PREFIX)) return BAD_PRIVATE_KEY;
  const base64 = text.slice(PRIVATE_PREFIX.length);
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64').replace(/={1,2}$/, '') !== base64.replace(/={1,2}$/, ''))
    return BAD_PRIVATE_KEY;
  if (bytes.length !== KEY_BYTES && bytes.length !== 2 * KEY_BYTES) return BAD_PRIVATE_KEY;
  const seed = bytes.subarray(0, KEY_BYTES);
  if (isWeakKey(seed)) return { problem: WEAK_KEY };
  const pair = pairOf(keyOfSeed(seed));
  const rest = bytes.subarray(KEY_BYTES);
  return rest.length === 0 || pair.publicKey === PUBLIC_PREFIX + rest.toString('base64')
    ? pair
    : BAD_PRIVATE_KEY;
}

/** Returns the Ed25519 signature of a text. @param privateKey `whsk_…` of a key pair */
export function signEd25519(privateKey: string, content: string): Buffer {
  const seed = Buffer.from(privateKey.slice(PRIVATE_PREFIX.length), 'base64');
  return sign(null, Buffer.from(content), keyOfSeed(seed));
}

function keyOfSeed(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

function pairOf(key: KeyObject): Ed25519KeyPair {
  const seed = key.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEAD.length);
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
  return {
    privateKey: PRIVATE_PREFIX + seed.toString('base64'),
    publicKey: PUBLIC_PREFIX + publicKey.toString('base64'),
  };
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type FieldProblem, fieldProblem } from '../field-error.js';
import { readPrivateKey } from './private-key.js';
import { isWeakKey, weakKey } from './weak-key.js';

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

/**
 * Returns the key pair of a private key that its owner brings, or what is wrong with it.
 *
 * @param text PEM (PKCS#8); or the 32 bytes of the seed, or the 64 bytes of the seed and the public key, which some libraries write,
 * in hex or as `whsk_` and base64
 */
export function ownEd25519KeyPair(text: string): Ed25519KeyPair | { problem: FieldProblem } {
  if (ed25519KeyKind(text) === 'public') return { problem: fieldProblem('key_public') };
  if (text.includes('-----BEGIN')) return pairOfPem(text);
  const bytes = bytesOf(text);
  if (bytes?.length !== KEY_BYTES && bytes?.length !== 2 * KEY_BYTES)
    return { problem: fieldProblem('key_form') };
  const pair = strongPairOf(keyOfSeed(bytes.subarray(0, KEY_BYTES)));
  const publicKey = bytes.subarray(KEY_BYTES).toString('base64');
  if ('problem' in pair || publicKey === '' || pair.publicKey === PUBLIC_PREFIX + publicKey) return pair;
  return { problem: fieldProblem('key_mismatch') };
}

/** Returns the bytes of `whsk_` and base64, or of hex. Returns null for other texts. */
function bytesOf(text: string): Buffer | null {
  if (ed25519KeyKind(text) !== 'private')
    return /^(?:[\da-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : null;
  const base64 = unpadded(text.slice(PRIVATE_PREFIX.length));
  const bytes = Buffer.from(base64, 'base64');
  return unpadded(bytes.toString('base64')) === base64 ? bytes : null;
}

const unpadded = (base64: string): string => base64.replace(/={1,2}$/, '');

function pairOfPem(text: string): Ed25519KeyPair | { problem: FieldProblem } {
  if (text.includes('ENCRYPTED')) return { problem: fieldProblem('key_encrypted') };
  if (!/^\s*-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\s*$/.test(text))
    return { problem: fieldProblem('key_pem') };
  const key = readPrivateKey(text);
  const isEd25519 = typeof key === 'object' && key?.asymmetricKeyType === 'ed25519';
  return isEd25519 ? strongPairOf(key) : { problem: fieldProblem('key_pem') };
}

function strongPairOf(key: KeyObject): Ed25519KeyPair | { problem: FieldProblem } {
  return isWeakKey(seedOf(key)) ? { problem: weakKey() } : pairOf(key);
}

/** Returns the Ed25519 signature of a text. @param privateKey `whsk_…` of a key pair */
export function signEd25519(privateKey: string, content: string): Buffer {
  const seed = Buffer.from(privateKey.slice(PRIVATE_PREFIX.length), 'base64');
  return sign(null, Buffer.from(content), keyOfSeed(seed));
}

function keyOfSeed(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

function seedOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEAD.length);
}

function pairOf(key: KeyObject): Ed25519KeyPair {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
  return {
    privateKey: PRIVATE_PREFIX + seedOf(key).toString('base64'),
    publicKey: PUBLIC_PREFIX + publicKey.toString('base64'),
  };
}

import type { KeyObject } from 'node:crypto';
import { type FieldProblem, fieldProblem } from '../messages/field-error.js';
import {
  type Ed25519KeyPair,
  ed25519KeyKind,
  KEY_BYTES,
  keyOfSeed,
  pairOf,
  PRIVATE_PREFIX,
  PUBLIC_PREFIX,
  seedOf,
} from '../security/ed25519.js';
import { isWeakKey, weakKey } from '../security/weak-key.js';
import { readPrivateKey } from './private-key.js';

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

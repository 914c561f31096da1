import { generateKeyPairSync, type KeyObject } from 'node:crypto';

const keys = new Map<string, KeyObject>();

/** Returns the private RSA key of a name, of 2,048 bits. The tests of a process share it: to generate a key takes a quarter of a second. */
export function rsaKey(name: string): KeyObject {
  const key = keys.get(name) ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  keys.set(name, key);
  return key;
}

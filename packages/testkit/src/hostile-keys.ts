// Keys that OpenSSL spends seconds on, or at which Node ends the process.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { rsaKey } from './rsa-keys.js';

type Label = 'RSA PRIVATE KEY' | 'EC PRIVATE KEY' | 'PRIVATE KEY' | 'CERTIFICATE';

/** Returns an element of DER. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

export const sequence = (...elements: readonly Buffer[]): Buffer => element(0x30, ...elements);
const octets = (content: Buffer): Buffer => element(0x04, content);
export const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));

export function integer(number: bigint | Buffer): Buffer {
  if (Buffer.isBuffer(number)) return element(0x02, Buffer.from([0]), number);
  const hex = number.toString(16);
  return element(0x02, Buffer.from(hex.length % 2 === 0 ? `00${hex}` : `0${hex}`, 'hex'));
}

export function pem(der: Buffer, label: Label = 'PRIVATE KEY'): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
}

const EC = identifier('2a8648ce3d0201');
const P_256 = identifier('2a8648ce3d030107');
const DSA = identifier('2a8648ce380401');
const DH = identifier('2a864886f70d010301');

const pkcs8 = (algorithm: Buffer, key: Buffer): Buffer => sequence(integer(0n), algorithm, octets(key));

/** Returns a key of P-256 in PKCS#8. */
const ecKey = (scalar: Buffer, ...more: readonly Buffer[]): Buffer =>
  pkcs8(sequence(EC, P_256), sequence(integer(1n), octets(scalar), ...more));

const huge = (bytes: number): Buffer => integer(Buffer.alloc(bytes, 0xff));

/** Returns a DSA or DH key in PKCS#8. OpenSSL calculates its public key: a power of 2 modulo a number of this length. */
const longKey = (algorithm: Buffer, bytes: number): Buffer =>
  pkcs8(sequence(algorithm, sequence(huge(bytes), integer(3n), integer(2n))), huge(bytes));

/** OpenSSL calculates with DSA keys of any length, and with DH keys of up to 10,000 bits. */
const DSA_BYTES = 2048;
const DH_BYTES = 1250;

/** The numbers of an RSA key, in the order of PKCS#1 (RFC 8017). */
interface RsaNumbers {
  n: bigint;
  e: bigint;
  d: bigint;
  p: bigint;
  q: bigint;
  dp: bigint;
  dq: bigint;
  qi: bigint;
}

function rsaNumbers(key: KeyObject): RsaNumbers {
  const jwk = key.export({ format: 'jwk' });
  const number = (name: string) => BigInt(`0x${Buffer.from(String(jwk[name]), 'base64url').toString('hex')}`);
  const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')];
  return { n, e, d, p, q, dp: number('dp'), dq: number('dq'), qi: number('qi') };
}

const pkcs1 = ({ n, e, d, p, q, dp, dq, qi }: RsaNumbers): Buffer =>
  sequence(...[0n, n, e, d, p, q, dp, dq, qi].map(integer));

export const RSA_KEY = rsaKey('hostile');
const rsa = rsaNumbers(RSA_KEY);
const long = BigInt(`0x${'7f'.repeat(2500)}`);
const infinity = element(0xa1, element(0x03, Buffer.from([0, 0])));

const EXPLICIT_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  paramEncoding: 'explicit',
}).privateKey;

/** Node ends the process if it asks OpenSSL for the details of this key. Without its public point, it is a key. */
export const KEY_AT_INFINITY = pem(ecKey(Buffer.alloc(32, 7), infinity));

/** By what is wrong with them, in PEM. */
export const HOSTILE_KEYS: Readonly<Record<string, string>> = {
  'an EC key whose scalar is too long': pem(ecKey(Buffer.alloc(64, 0xff))),
  'an EC key whose scalar is 0': pem(ecKey(Buffer.alloc(32), infinity)),
  'an EC key with explicit parameters': EXPLICIT_KEY.export({ format: 'pem', type: 'pkcs8' }).toString(),
  'a DSA key': pem(longKey(DSA, DSA_BYTES)),
  'a DSA key as an RSA key': pem(longKey(DSA, DSA_BYTES), 'RSA PRIVATE KEY'),
  'a DSA key as an EC key': pem(longKey(DSA, DSA_BYTES), 'EC PRIVATE KEY'),
  'a DH key as an RSA key': pem(longKey(DH, DH_BYTES), 'RSA PRIVATE KEY'),
  'a DH key as an EC key': pem(longKey(DH, DH_BYTES), 'EC PRIVATE KEY'),
  'an RSA key with long primes': pem(pkcs1({ ...rsa, p: long, dp: long }), 'RSA PRIVATE KEY'),
  'an RSA key with a long public exponent': pem(pkcs1({ ...rsa, e: rsa.d, d: rsa.e }), 'RSA PRIVATE KEY'),
};

/** Returns an RSA key of 3,072 bits whose public exponent is as long, and with which signing is fast instead. */
export function longExponentKey(): KeyObject {
  const jwk = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey.export({ format: 'jwk' });
  const { e, d } = jwk;
  return createPrivateKey({ key: { ...jwk, e: d, d: e, dp: e, dq: e }, format: 'jwk' });
}

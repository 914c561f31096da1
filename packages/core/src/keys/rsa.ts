import type { BaseBlock } from 'asn1js';
import { bitLength, integerOf } from './der.js';

/** Workers sign in every handshake. That blocks their event loop, eight times as long for a key of twice the length. */
const MIN_BITS = 2048;
const MAX_BITS = 4096;

/** Verifying a signature is fast: some authorities have longer keys. */
const MAX_PUBLIC_BITS = 8192;
const MAX_EXPONENT = 2n ** 32n;

/** By how many bits the primes may differ in length. Those of usual keys have equal lengths. */
const MAX_DIFFERENCE = 16;

/** The numbers of a private key with two primes, in the order of PKCS#1 (RFC 8017, A.1.2). The first is the version. */
type Numbers = [
  version: bigint,
  modulus: bigint,
  publicExponent: bigint,
  privateExponent: bigint,
  p: bigint,
  q: bigint,
  dp: bigint,
  dq: bigint,
  coefficient: bigint,
];

const COUNT = 9;

/** Returns the numbers of a private key in PKCS#1 if none is longer than necessary and they belong together, else null. */
export function rsaNumbers(elements: readonly BaseBlock[]): bigint[] | null {
  const numbers = elements.map(integerOf);
  return isComplete(numbers) && isBounded(numbers) && isConsistent(numbers) ? numbers : null;
}

const isComplete = (numbers: readonly (bigint | null)[]): numbers is Numbers =>
  numbers.length === COUNT && numbers[0] === 0n && numbers.every((number) => number !== null);

/** Comes first: it only compares, so that nothing is calculated with longer numbers. */
function isBounded([
  ,
  modulus,
  publicExponent,
  privateExponent,
  p,
  q,
  dp,
  dq,
  coefficient,
]: Numbers): boolean {
  return (
    hasUsualLength(modulus) &&
    isPublicExponent(publicExponent) &&
    [privateExponent, p, q, dp, dq, coefficient].every((number) => number < modulus) &&
    Math.abs(bitLength(p) - bitLength(q)) <= MAX_DIFFERENCE
  );
}

/** Whether p and q are prime is not tested: it costs more than the rest, and signatures are only invalid if they are not. */
const isConsistent = ([, modulus, publicExponent, privateExponent, p, q, dp, dq, coefficient]: Numbers) =>
  p * q === modulus &&
  (publicExponent * privateExponent) % (p - 1n) === 1n &&
  (publicExponent * privateExponent) % (q - 1n) === 1n &&
  dp === privateExponent % (p - 1n) &&
  dq === privateExponent % (q - 1n) &&
  coefficient < p &&
  (coefficient * q) % p === 1n;

function hasUsualLength(modulus: bigint): boolean {
  const bits = bitLength(modulus);
  return bits >= MIN_BITS && bits <= MAX_BITS;
}

const isPublicExponent = (exponent: bigint): boolean =>
  exponent > 1n && exponent <= MAX_EXPONENT && exponent % 2n === 1n;

/** Returns whether a public key costs little to verify with. */
export const isBoundedRsaKey = (modulus: bigint | null, exponent: bigint | null): boolean =>
  modulus !== null &&
  exponent !== null &&
  bitLength(modulus) <= MAX_PUBLIC_BITS &&
  isPublicExponent(exponent);

/** Returns whether a public key that signs tokens has a usual length (RFC 7518, 3.3), and costs little to verify with. */
export const isTokenRsaKey = (modulus: bigint | null, exponent: bigint | null): boolean =>
  modulus !== null && hasUsualLength(modulus) && isBoundedRsaKey(modulus, exponent);

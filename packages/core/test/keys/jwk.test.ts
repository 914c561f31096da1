import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isBoundedJwk } from '../../src/keys/index.js';

const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
const ofBits = (bits: number): string => Buffer.alloc(bits / 8, 0xff).toString('base64url');

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = jwk(generateKeyPairSync('ed25519').publicKey);
const publicEc = jwk(ec.publicKey);

describe('a JSON Web Key', () => {
  it.each([
    ['RSA of 2,048 bits', jwk(rsa.publicKey)],
    ['RSA of 4,096 bits', { kty: 'RSA', n: ofBits(4096), e: 'AQAB' }],
    ['P-256', publicEc],
    ['P-384', jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)],
    ['P-521', jwk(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey)],
    ['Ed25519', ed25519],
  ])('is used: %s', (_name, key) => {
    expect(isBoundedJwk(key)).toBe(true);
  });

  it.each<[name: string, key: Readonly<Record<string, unknown>>]>([
    ['RSA of 1,024 bits', { kty: 'RSA', n: ofBits(1024), e: 'AQAB' }],
    ['RSA of 4,104 bits', { kty: 'RSA', n: ofBits(4104), e: 'AQAB' }],
    ['RSA of a megabit', { kty: 'RSA', n: ofBits(1_000_000), e: 'AQAB' }],
    ['an exponent of 40 bits', { kty: 'RSA', n: ofBits(2048), e: ofBits(40) }],
    ['no exponent', { kty: 'RSA', n: ofBits(2048) }],
    ['an exponent that is not in base64url', { kty: 'RSA', n: ofBits(2048), e: 'AQ AB' }],
    ['a private RSA key', jwk(rsa.privateKey)],
    ['a private EC key', jwk(ec.privateKey)],
    ['another curve', jwk(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    ['a curve without coordinates', { kty: 'EC', crv: 'P-256' }],
    ['coordinates without a curve', { kty: 'EC' }],
    ['a long coordinate', { ...publicEc, y: ofBits(4096) }],
    ['Ed25519 of 64 bytes', { ...ed25519, x: ofBits(512) }],
    ['X25519', jwk(generateKeyPairSync('x25519').publicKey)],
    ['a secret key', { kty: 'oct', k: ofBits(256) }],
    ['no kind', {}],
  ])('is not used: %s', (_name, key) => {
    expect(isBoundedJwk(key)).toBe(false);
  });
});

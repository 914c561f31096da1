import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ownEd25519KeyPair } from '../../src/keys/index.js';

/** The first test vector of RFC 8032. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const BOTH = Buffer.concat([SEED, PUBLIC]);
const PAIR = {
  privateKey: `whsk_${SEED.toString('base64')}`,
  publicKey: `whpk_${PUBLIC.toString('base64')}`,
};

const pem = (label: string, der: string) => `-----BEGIN ${label}-----\n${der}\n-----END ${label}-----\n`;
const PKCS8 = 'MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g';
const PEM = pem('PRIVATE KEY', PKCS8);

describe('ownEd25519KeyPair', () => {
  it.each([
    ['whsk_ and the seed', PAIR.privateKey],
    ['whsk_ and the seed without padding', PAIR.privateKey.replace('=', '')],
    ['whsk_, the seed and the public key', `whsk_${BOTH.toString('base64')}`],
    ['PEM', PEM],
    ['PEM with Windows line ends and space around it', `\r\n${PEM.replaceAll('\n', '\r\n')}  `],
    ['hex of the seed', SEED.toString('hex')],
    ['hex of the seed and the public key, in upper case', BOTH.toString('hex').toUpperCase()],
  ])('accepts %s', (_case, text) => {
    expect(ownEd25519KeyPair(text)).toEqual(PAIR);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;

  it.each([
    ['a public key', PAIR.publicKey, /public key/],
    ['a secret', `whsec_${SEED.toString('base64')}`, /must be/],
    ['a PEM of another kind of key', rsa.export({ format: 'pem', type: 'pkcs8' }).toString(), /Ed25519/],
    ['an encrypted PEM', pem('ENCRYPTED PRIVATE KEY', PKCS8), /without a passphrase/],
    ['a PEM of a public key', pem('PUBLIC KEY', PUBLIC.toString('base64')), /PRIVATE KEY/],
    ['a damaged PEM', PEM.replace('MC4C', 'AAAA'), /PRIVATE KEY/],
    ['a PEM with a second one', PEM + PEM, /PRIVATE KEY/],
    ['half a seed', SEED.toString('hex').slice(32), /must be/],
    ['the public key of another', SEED.toString('hex') + SEED.toString('hex'), /does not belong/],
    ['a weak key', '00'.repeat(32), /random/],
  ])('rejects %s', (_case, text, problem) => {
    expect(ownEd25519KeyPair(text)).toMatchObject({ problem: { message: expect.stringMatching(problem) } });
  });
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MAX_PEM_KEY_LENGTH } from '../../src/index.js';
import { readPrivateKey } from '../../src/keys/index.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey;

const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  key.export({ format: 'pem', type }).toString();

/** Returns an element of DER. */
function element(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

/** Returns a DSA key whose public key would take hours to calculate. */
function hugeDsaKey(version = Buffer.from([0x02, 1, 0])): string {
  const [integer, octets, sequence, identifier] = [0x02, 0x04, 0x30, 0x06];
  const huge = element(integer, Buffer.alloc(5500, 0x7f));
  const algorithm = Buffer.from([identifier, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]);
  const parameters = element(
    sequence,
    huge,
    element(integer, Buffer.from([3])),
    element(integer, Buffer.from([2])),
  );
  const der = element(sequence, version, element(sequence, algorithm, parameters), element(octets, huge));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

/** Returns a key with another number in the place of one. */
function withNumber(key: KeyObject, base64url: string, other: Uint8Array): string {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  der.set(other, der.indexOf(Buffer.from(base64url, 'base64url')));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

describe('a private key in PEM', () => {
  it.each([
    ['RSA', pem(rsa), rsa],
    ['RSA in PKCS#1', pem(rsa, 'pkcs1'), rsa],
    ['EC', pem(ec), ec],
    ['EC in SEC 1', pem(ec, 'sec1'), ec],
    [
      'EC after its parameters',
      `-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n${pem(ec, 'sec1')}`,
      ec,
    ],
    ['Ed25519', pem(ed25519), ed25519],
  ])('of %s is read', (_name, text, key) => {
    const read = readPrivateKey(text);
    expect(typeof read === 'object' && read?.equals(key)).toBe(true);
  });

  it('of another algorithm is not supported', () => {
    expect(readPrivateKey(pem(dsa))).toBe('unsupported');
  });

  it('whose numbers do not belong together is not supported, and does not reach OpenSSL', () => {
    const { n = '' } = rsa.export({ format: 'jwk' });
    const { d = '' } = ec.export({ format: 'jwk' });
    const otherModulus = Buffer.from(n, 'base64url').map((byte, index) => (index === 100 ? byte ^ 1 : byte));
    expect(readPrivateKey(withNumber(rsa, n, otherModulus))).toBe('unsupported');
    expect(readPrivateKey(withNumber(ec, d, Buffer.alloc(32, 0xff)))).toBe('unsupported');
  });

  it('of another algorithm is not parsed, which would take hours', () => {
    const text = hugeDsaKey();
    expect(text.length).toBeLessThan(MAX_PEM_KEY_LENGTH);
    expect(readPrivateKey(text)).toBe('unsupported');
  });

  it('of another algorithm is not parsed if its version looks like the identifier of RSA', () => {
    // The third byte of the version begins what would follow a version of one byte.
    const rsaIdentifier = Buffer.from('300b06092a864886f70d010101', 'hex');
    const fake = Buffer.concat([Buffer.from([0x00]), rsaIdentifier]);
    const version = Buffer.concat([Buffer.from([0x02, fake.length]), fake]);
    expect(readPrivateKey(hugeDsaKey(version))).toBe('unsupported');
  });

  it.each([
    ['no PEM', 'secret'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMCowBQ\n-----END PUBLIC KEY-----'],
    ['a part of one', pem(rsa).replace(/.{64}\n(.*\n-----END)/, '$1')],
    [
      'a DSA key in the format of OpenSSL',
      '-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----',
    ],
    ['more than its longest text', pem(rsa) + ' '.repeat(MAX_PEM_KEY_LENGTH)],
  ])('is not found in %s', (_name, text) => {
    expect(readPrivateKey(text)).toBeNull();
  });
});

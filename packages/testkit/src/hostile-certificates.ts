// Certificates that cost OpenSSL much time to verify with, or at which Node ends the process.
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Identity } from './certificates.js';
import { element, identifier, integer, pem, sequence } from './hostile-keys.js';

interface Content {
  subject: string;
  issuer: string;
  /** The public key (SubjectPublicKeyInfo, RFC 5280). */
  key: Buffer;
  extension?: Buffer;
}

const HOUR_MS = 3_600_000;
const SHA256_WITH_RSA = sequence(identifier('2a864886f70d01010b'), element(0x05));
const RSA = sequence(identifier('2a864886f70d010101'), element(0x05));
const EC = identifier('2a8648ce3d0201');
const P_256 = identifier('2a8648ce3d030107');

const bits = (content: Buffer): Buffer => element(0x03, Buffer.from([0]), content);
const nameOf = (name: string): Buffer =>
  sequence(element(0x31, sequence(identifier('550403'), element(0x0c, Buffer.from(name)))));
const time = (atMs: number): Buffer =>
  element(0x17, Buffer.from(`${new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));

/** Returns a certificate in DER. Its signature is not valid, which OpenSSL finds out after the calculation. */
function certificateOf({ subject, issuer, key, extension }: Content): Buffer {
  const now = Date.now();
  const signed = sequence(
    element(0xa0, integer(2n)),
    integer(1n),
    SHA256_WITH_RSA,
    nameOf(issuer),
    sequence(time(now - HOUR_MS), time(now + HOUR_MS)),
    nameOf(subject),
    key,
    ...(extension ? [element(0xa3, sequence(extension))] : []),
  );
  return sequence(signed, SHA256_WITH_RSA, bits(Buffer.concat([Buffer.from([0x7f]), randomBytes(383)])));
}

/** Returns an odd number of this many bytes. A modulus is larger than an exponent, or OpenSSL does not calculate. */
function oddNumber(bytes: number, firstByte = 0xff): Buffer {
  const number = randomBytes(bytes);
  number.writeUInt8(firstByte, 0);
  number.writeUInt8(0xff, number.length - 1);
  return number;
}

const LONG_EXPONENT = oddNumber(384, 0x7f);

const rsaKey = (modulusBits: number, exponent: bigint | Buffer): Buffer =>
  sequence(RSA, bits(sequence(integer(oddNumber(modulusBits / 8)), integer(exponent))));
const ecKey = (curve: Buffer, point: Buffer): Buffer => sequence(sequence(EC, curve), bits(point));
const exported = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

const { publicKey: explicit } = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
const selfIssued = (key: Buffer, extension?: Buffer): Buffer =>
  certificateOf({ subject: 'Hostile', issuer: 'Hostile', key, ...(extension && { extension }) });
const written = (der: Buffer): string => pem(der, 'CERTIFICATE');

/** Lists in extensions, by object identifier (RFC 5280, 4.2.1). */
const ALTERNATIVE_NAMES = '551d11';
const NAME_CONSTRAINTS = '551d1e';
const POLICIES = '551d20';

const extensionOf = (id: string, value: Buffer): Buffer => sequence(identifier(id), element(0x04, value));
/** Names as short as possible, all of them different. */
const dnsNames = (count: number, prefix: string): Buffer[] =>
  Array.from({ length: count }, (_, index) => element(0x82, Buffer.from(prefix + index.toString(36))));
const policies = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) =>
    sequence(identifier(`2a03${((index % 100) + 10).toString(16)}`)),
  );

/** Returns an extension with a list of permitted and excluded names. */
export const nameConstraints = (permitted: number, excluded: number): Buffer =>
  extensionOf(
    NAME_CONSTRAINTS,
    sequence(
      ...(permitted > 0 ? [element(0xa0, ...dnsNames(permitted, 'p').map((name) => sequence(name)))] : []),
      element(0xa1, ...dnsNames(excluded, 'x').map((name) => sequence(name))),
    ),
  );

export const alternativeNames = (count: number): Buffer =>
  extensionOf(ALTERNATIVE_NAMES, sequence(...dnsNames(count, 'n')));

const usualKey = (): Buffer => rsaKey(2048, 65_537n);

const keyOnCurve = (namedCurve: string): Buffer =>
  exported(generateKeyPairSync('ec', { namedCurve }).publicKey);

/** By what is wrong with them, in PEM. */
export const HOSTILE_CERTIFICATES: Readonly<Record<string, string>> = {
  'a modulus of 16,384 bits': written(selfIssued(rsaKey(16_384, 65_537n))),
  'an exponent of 3,071 bits': written(selfIssued(rsaKey(3072, LONG_EXPONENT))),
  'an even exponent': written(selfIssued(rsaKey(2048, 65_536n))),
  'explicit parameters of a curve': written(selfIssued(exported(explicit))),
  'a point at infinity': written(selfIssued(ecKey(P_256, Buffer.from([0])))),
  'a point that is not on its curve': written(
    selfIssued(ecKey(P_256, Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]))),
  ),
  'the curve sect571r1': written(selfIssued(keyOnCurve('sect571r1'))),
  'the curve secp256k1': written(selfIssued(keyOnCurve('secp256k1'))),
  '51 name constraints': written(selfIssued(usualKey(), nameConstraints(26, 25))),
  '101 alternative names': written(selfIssued(usualKey(), alternativeNames(101))),
  '51 policies': written(selfIssued(usualKey(), extensionOf(POLICIES, sequence(...policies(51))))),
  'more than 8 KB': written(selfIssued(usualKey(), extensionOf('2a03', Buffer.alloc(8000)))),
  'bytes behind it': written(Buffer.concat([selfIssued(rsaKey(2048, 65_537n)), Buffer.from([0x05, 0])])),
};

/** Returns a certificate in PEM like the hostile ones, but with a usual key. */
export const harmlessCertificate = (): string => written(selfIssued(rsaKey(2048, 65_537n)));

/** Returns certificates in PEM with as many entries in the lists of their extensions as may be. */
export const boundedCertificates = (): string =>
  [nameConstraints(25, 25), alternativeNames(100), extensionOf(POLICIES, sequence(...policies(50)))]
    .map((extension) => written(selfIssued(usualKey(), extension)))
    .join('');

/**
 * Returns a certificate of a server with a chain of certificates in which each is issued by the next one. Their keys have 3,072 bits and
 * exponents of nearly as many: to verify with each of them takes milliseconds.
 */
export function costlyChain(name: string, length: number): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = rsaKey(3072, LONG_EXPONENT);
  const chain = Array.from({ length: length - 1 }, (_, index) =>
    certificateOf({ subject: `Authority ${index}`, issuer: `Authority ${index + 1}`, key }),
  );
  const own = certificateOf({ subject: name, issuer: 'Authority 0', key: exported(publicKey) });
  return {
    cert: [own, ...chain].map(written).join(''),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

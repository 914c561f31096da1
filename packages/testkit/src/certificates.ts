import { createPublicKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, PEM. */
export interface Identity {
  cert: string;
  key: string;
}

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

export interface Authority {
  /** PEM. */
  ca: string;
  /** The private key of the authority, PEM. */
  key: string;
  /** Issues a certificate for a DNS name or an IPv4 address, for servers and clients. Without a private key, it has a new one. */
  issue(name: string, validity?: Validity, privateKey?: KeyObject): Identity;
  /** Creates an authority whose certificate is issued by this one. Without a private key (EC or RSA), it has a new one. */
  intermediate(name: string, privateKey?: KeyObject, extensions?: Buffer[]): Authority;
}

const HOUR_MS = 3_600_000;

interface Signer {
  name: string;
  key: KeyObject;
}

/** Creates a certificate authority for a test. Encodes X.509 in DER itself, so that no external tool is needed. */
export function createAuthority(name = 'Test authority', validity?: Validity): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return authorityOf({ name, publicKey, privateKey, issuer: { name, key: privateKey }, validity });
}

function authorityOf({
  name,
  publicKey,
  privateKey,
  issuer,
  validity,
  extensions = [],
}: {
  name: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
  issuer: Signer;
  validity?: Validity | undefined;
  /** In DER. */
  extensions?: Buffer[];
}): Authority {
  const own: Signer = { name, key: privateKey };
  return {
    ca: certificate({
      subject: name,
      publicKey,
      issuer,
      extensions: [BASIC_CONSTRAINTS_CA, ...extensions],
      validity,
    }),
    key: toPem(privateKey),
    issue(subject, validityOfIssued, given = newKey()) {
      const cert = certificate({
        subject,
        publicKey: createPublicKey(given),
        issuer: own,
        extensions: [subjectAltName(subject)],
        validity: validityOfIssued,
      });
      return { cert, key: toPem(given) };
    },
    intermediate(subject, given = newKey(), added = []) {
      const pair = { publicKey: createPublicKey(given), privateKey: given };
      return authorityOf({ name: subject, ...pair, issuer: own, extensions: added });
    },
  };
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const toPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Creates a self-signed server certificate. */
export function selfSigned(name: string): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name, key: privateKey };
  const cert = certificate({ subject: name, publicKey, issuer, extensions: [subjectAltName(name)] });
  return { cert, key: toPem(privateKey) };
}

function certificate(input: {
  subject: string;
  publicKey: KeyObject;
  issuer: Signer;
  extensions: Buffer[];
  validity?: Validity | undefined;
}): string {
  const now = Date.now();
  const { notBefore, notAfter } = input.validity ?? {
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + HOUR_MS),
  };
  const algorithm = input.issuer.key.asymmetricKeyType === 'rsa' ? RSA_WITH_SHA256 : ECDSA_WITH_SHA256;
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([Math.floor(Math.random() * 120) + 1, now % 251])),
    algorithm,
    distinguishedName(input.issuer.name),
    sequence(utcTime(notBefore), utcTime(notAfter)),
    distinguishedName(input.subject),
    input.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...input.extensions)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', signed, input.issuer.key)]));
  return new X509Certificate(sequence(signed, algorithm, signature)).toString();
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function utcTime(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${text}Z`));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function subjectAltName(name: string): Buffer {
  const general =
    isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
  return sequence(oid('551d11'), der(0x04, sequence(general)));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

const RSA_WITH_SHA256 = sequence(oid('2a864886f70d01010b'), der(0x05));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const BASIC_CONSTRAINTS_CA = sequence(
  oid('551d13'),
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);

import { X509Certificate } from 'node:crypto';
import { MAX_CERTIFICATES } from '../security/tls-certificates.js';
import { elementsOf, parseDer } from './der.js';
import { isBoundedPublicKey } from './public-key.js';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/**
 * Returns the certificates of a text in PEM, with anything but hyphens between them; or what is wrong. OpenSSL gets only certificates whose
 * keys cost little to verify with.
 */
export function readCertificates(text: string): X509Certificate[] | 'none' | 'too_many' | 'unsupported' {
  const [before = '', ...blocks] = text.split(BEGIN);
  if (blocks.length > MAX_CERTIFICATES) return 'too_many';
  const parts = blocks.map((block) => block.split(END));
  if (blocks.length === 0 || before.includes('-----') || !parts.every(isBlock)) return 'none';
  const encoded = parts.map(([base64 = '']) => Buffer.from(base64, 'base64'));
  const keys = encoded.map(publicKeyOf);
  if (keys.includes(undefined)) return 'none';
  if (!keys.every(isBoundedPublicKey)) return 'unsupported';
  try {
    const certificates = encoded.map((each) => new X509Certificate(each));
    // Reads the key, whose point may not be on its curve.
    return certificates.every(({ publicKey }) => publicKey.type === 'public') ? certificates : 'unsupported';
  } catch {
    return 'none';
  }
}

/** Returns whether a block has its end, base64, which has no hyphen, before it, and no other block behind it. */
const isBlock = ([base64 = '', after, ...others]: string[]): boolean =>
  !base64.includes('-') && after?.includes('-----') === false && others.length === 0;

/** Returns whether a certificate in DER has a key that costs little to verify with. */
export const isBoundedCertificate = (der: Buffer): boolean => isBoundedPublicKey(publicKeyOf(der));

/** Version, serial number, signature, issuer, validity, subject, key. The version may be missing. */
const KEY_POSITION = 6;
const VERSION_CLASS = 3;

/** Returns the public key of a certificate (RFC 5280, 4.1). */
function publicKeyOf(der: Buffer) {
  const [signed] = elementsOf(parseDer(der));
  const fields = elementsOf(signed);
  const hasVersion = fields[0]?.idBlock.tagClass === VERSION_CLASS;
  return fields[hasVersion ? KEY_POSITION : KEY_POSITION - 1];
}

import { X509Certificate } from 'node:crypto';
import { MAX_CERTIFICATES, MAX_ISSUED_AUTHORITIES } from '../security/tls-certificates.js';
import { certificateExcess } from './certificate-bounds.js';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** What is wrong with certificates in PEM: the text has none or too many, or why they cannot be used. */
export type CertificateProblem = 'none' | 'too_many' | { reason: string };

/**
 * Returns the certificates of a text in PEM, with anything but hyphens between them; or what is wrong. OpenSSL gets only certificates that
 * cost little to verify with.
 */
export function readCertificates(text: string): X509Certificate[] | CertificateProblem {
  const [before = '', ...blocks] = text.split(BEGIN);
  if (blocks.length > MAX_CERTIFICATES) return 'too_many';
  const parts = blocks.map((block) => block.split(END));
  if (blocks.length === 0 || before.includes('-----') || !parts.every(isBlock)) return 'none';
  const encoded = parts.map(([base64 = '']) => Buffer.from(base64, 'base64'));
  const excesses = encoded.map(certificateExcess);
  if (excesses.includes(undefined)) return 'none';
  const position = excesses.findIndex((excess) => excess !== null);
  if (position !== -1) return { reason: `certificate ${position + 1} ${excesses[position]}` };
  try {
    const certificates = encoded.map((each) => new X509Certificate(each));
    // Reads the key, whose point may not be on its curve.
    return certificates.every(({ publicKey }) => publicKey.type === 'public')
      ? certificates
      : { reason: 'a public key is not valid' };
  } catch {
    return 'none';
  }
}

/** The same for the authorities of receivers, of which OpenSSL builds and verifies a chain. */
export function readAuthorityCertificates(text: string): X509Certificate[] | CertificateProblem {
  const certificates = readCertificates(text);
  if (!Array.isArray(certificates)) return certificates;
  // Like OpenSSL, by names and key identifiers: a chain ends at a certificate that could have issued itself.
  const issued = certificates.filter((certificate) => !certificate.checkIssued(certificate));
  if (issued.length <= MAX_ISSUED_AUTHORITIES) return certificates;
  return { reason: `more than ${MAX_ISSUED_AUTHORITIES} certificates are not self-signed` };
}

/** Returns whether a block has its end, base64, which has no hyphen, before it, and no other block behind it. */
const isBlock = ([base64 = '', after, ...others]: string[]): boolean =>
  !base64.includes('-') && after?.includes('-----') === false && others.length === 0;

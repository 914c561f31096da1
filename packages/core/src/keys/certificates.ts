import { X509Certificate } from 'node:crypto';
import { MAX_CERTIFICATES, MAX_ISSUED_AUTHORITIES } from '../connections/tls-certificates.js';
import { type FieldProblem, fieldProblem } from '../messages/field-error.js';
import { certificateProblem } from './certificate-bounds.js';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/**
 * Returns the certificates of a text in PEM, with anything but hyphens between them; or what is wrong. OpenSSL gets only certificates that
 * cost little to verify with.
 */
export function readCertificates(text: string): X509Certificate[] | FieldProblem {
  const [before = '', ...blocks] = text.split(BEGIN);
  if (blocks.length > MAX_CERTIFICATES) return fieldProblem('too_many_items', { max: MAX_CERTIFICATES });
  const parts = blocks.map((block) => block.split(END));
  const isPem = blocks.length > 0 && !before.includes('-----') && parts.every(isBlock);
  if (!isPem) return fieldProblem('not_certificates');
  const encoded = parts.map(([base64 = '']) => Buffer.from(base64, 'base64'));
  const problems = encoded.map((der, index) => certificateProblem(der, index + 1));
  return problems.find((problem) => problem !== null) ?? parsed(encoded);
}

function parsed(encoded: readonly Buffer[]): X509Certificate[] | FieldProblem {
  try {
    const certificates = encoded.map((der) => new X509Certificate(der));
    // Reads the key, whose point may not be on its curve.
    return certificates.every(({ publicKey }) => publicKey.type === 'public')
      ? certificates
      : fieldProblem('not_certificates');
  } catch {
    return fieldProblem('not_certificates');
  }
}

/** The same for the authorities of receivers, of which OpenSSL builds and verifies a chain. */
export function readAuthorityCertificates(text: string): X509Certificate[] | FieldProblem {
  const certificates = readCertificates(text);
  if (!Array.isArray(certificates)) return certificates;
  // Like OpenSSL, by names and key identifiers: a chain ends at a certificate that could have issued itself.
  const issued = certificates.filter((certificate) => !certificate.checkIssued(certificate));
  return issued.length > MAX_ISSUED_AUTHORITIES
    ? fieldProblem('certificates_issued', { max: MAX_ISSUED_AUTHORITIES })
    : certificates;
}

/** Returns whether a block has its end, base64, which has no hyphen, before it, and no other block behind it. */
const isBlock = ([base64 = '', after, ...others]: string[]): boolean =>
  !base64.includes('-') && after?.includes('-----') === false && others.length === 0;

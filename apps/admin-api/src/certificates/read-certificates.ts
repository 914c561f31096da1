import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import {
  type CertificateDetails,
  type FieldError,
  type FieldProblem,
  fieldProblem,
  errorAt,
} from '@posthorn/core';
import { readAuthorityCertificates, readCertificates, readPrivateKey } from '@posthorn/core/keys';

/** Certificates in PEM, without what was written between them. */
interface ReadCertificates {
  pem: string;
  details: CertificateDetails[];
}

/** A client certificate with its intermediate certificates, and its private key in PEM (PKCS#8). */
interface ReadClientCertificate extends ReadCertificates {
  privateKey: string;
}

interface ClientCertificateInput {
  certificate: string;
  privateKey: string;
}

/** Reads authorities, or returns what is wrong with them. */
export function readAuthorities(text: string, now: Date): ReadCertificates | FieldProblem {
  const certificates = withTimes(readAuthorityCertificates(text));
  if (!Array.isArray(certificates)) return certificates;
  const problem = expiryProblem(certificates, now) ?? contextProblem({ ca: toPem(certificates) });
  return problem ?? describe(certificates);
}

/** Reads a client certificate and its key, or returns what is wrong with them. */
export function readClientCertificate(
  { certificate, privateKey }: ClientCertificateInput,
  now: Date,
): ReadClientCertificate | FieldError[] {
  const certificates = withTimes(readCertificates(certificate));
  const key = parsePrivateKey(privateKey);
  const errors = [
    ...(Array.isArray(certificates) ? [] : [errorAt('certificate', certificates)]),
    ...('code' in key ? [errorAt('privateKey', key)] : []),
  ];
  if (!Array.isArray(certificates) || 'code' in key) return errors;
  const pem = toPem(certificates);
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const problem =
    chainProblem(certificates, key) ??
    expiryProblem(certificates, now) ??
    contextProblem({ cert: pem, key: keyPem });
  if (problem) return [errorAt('certificate', problem)];
  return { ...describe(certificates), privateKey: keyPem };
}

/** Returns whether a certificate is for this private key. Both are in PEM; an invalid certificate is for none. */
export function isCertificateOf(certificate: string, privateKey: string): boolean {
  const [certificates, key] = [readCertificates(certificate), parsePrivateKey(privateKey)];
  return Array.isArray(certificates) && !('code' in key) && certificates[0]?.checkPrivateKey(key) === true;
}

/** Returns certificates whose times exist, or what is wrong with them. */
function withTimes(certificates: X509Certificate[] | FieldProblem): X509Certificate[] | FieldProblem {
  if (!Array.isArray(certificates) || certificates.every(hasTimes)) return certificates;
  return fieldProblem('unusable_certificate', { reason: 'invalid validity' });
}

/** Node parses a certificate whose times do not exist, such as one of the 99th month. */
const hasTimes = ({ validFrom, validTo }: X509Certificate): boolean =>
  [validFrom, validTo].every((time) => !Number.isNaN(Date.parse(time)));

function parsePrivateKey(text: string): KeyObject | FieldProblem {
  if (text.includes('ENCRYPTED')) return fieldProblem('key_encrypted');
  const key = readPrivateKey(text);
  if (key === null) return fieldProblem('not_private_key');
  return key === 'unsupported' ? fieldProblem('unsupported_key') : key;
}

/** A chain begins with the certificate of the key, and each certificate is followed by that of its issuer. */
function chainProblem(certificates: readonly X509Certificate[], key: KeyObject): FieldProblem | null {
  const ofKey = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (ofKey === -1) return fieldProblem('key_mismatch');
  const isInOrder = certificates.every((certificate, index) => {
    const issuer = certificates[index + 1];
    return !issuer || (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
  });
  return ofKey === 0 && isInOrder ? null : fieldProblem('certificate_order');
}

function expiryProblem(certificates: readonly X509Certificate[], now: Date): FieldProblem | null {
  const expired = certificates.map(detailsOf).find(({ notAfter }) => new Date(notAfter) <= now);
  return expired
    ? fieldProblem('certificate_expired', { subject: expired.subject, time: expired.notAfter })
    : null;
}

/** OpenSSL rejects what is too weak for its security level. */
function contextProblem(options: { ca: string } | { cert: string; key: string }): FieldProblem | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    return fieldProblem('unusable_certificate', { reason: reasonOf(error) });
  }
}

const reasonOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'reason' in error && typeof error.reason === 'string'
    ? error.reason
    : 'unknown';

const describe = (certificates: readonly X509Certificate[]): ReadCertificates => ({
  pem: toPem(certificates),
  details: certificates.map(detailsOf),
});

const toPem = (certificates: readonly X509Certificate[]): string => certificates.join('');

const detailsOf = (certificate: X509Certificate): CertificateDetails => ({
  subject: nameOf(certificate.subject),
  issuer: nameOf(certificate.issuer),
  serialNumber: certificate.serialNumber,
  fingerprint256: certificate.fingerprint256,
  notBefore: new Date(certificate.validFrom).toISOString(),
  notAfter: new Date(certificate.validTo).toISOString(),
});

/** Node writes each attribute of a name on a line. The name of a certificate may be empty. */
const nameOf = (name: string | undefined): string => (name ?? '').split('\n').join(', ');

/** Prefixes the paths of errors. */
export const errorsBelow = (path: string, errors: readonly FieldError[]): FieldError[] =>
  errors.map((error) => errorAt(`${path}.${error.path}`, error));

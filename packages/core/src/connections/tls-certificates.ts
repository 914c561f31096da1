import type { Sealer } from '../security/sealing.js';

/** Longest text of a private key in PEM. An RSA key of 8192 bits has 6.5 KB. */
export const MAX_PEM_KEY_LENGTH = 16_384;

/** Maximum number of certificates in a chain, and in a list of authorities. */
export const MAX_CERTIFICATES = 20;

/** Maximum number of authorities that are not self-signed, of which OpenSSL builds chains. Usual private authorities have 1 to 3. */
export const MAX_ISSUED_AUTHORITIES = 5;

/** What is shown of a certificate. Times are RFC 3339. */
export interface CertificateDetails {
  subject: string;
  issuer: string;
  /** Hexadecimal. */
  serialNumber: string;
  /** SHA-256 of the certificate, as `AB:CD:…`. */
  fingerprint256: string;
  notBefore: string;
  notAfter: string;
}

/** The certificate that identifies Posthorn to receivers, or the authorities that are trusted in place of the public ones. */
export type CertificateKind = 'client' | 'ca';

/** Certificates as stored. What they are never changes: others have another id. */
export interface StoredCertificates {
  /** A UUID. */
  id: string;
  /** Certificates in PEM: the client certificate and its intermediates, or authorities. */
  pem: string;
  /** The private key of a client certificate, in PEM. Null for authorities. */
  keySealed: string | null;
}

/** The certificates of a connection. Null: no client certificate, the public authorities. */
export interface ConnectionCertificates {
  client: StoredCertificates | null;
  ca: StoredCertificates | null;
}

/** Returns the sealing context of the private key of a client certificate or a signing request. */
export const certificateSealingContext = (id: string): string => `certificate:${id}`;

/**
 * Returns the profile of a connection with these certificates; undefined without any. Its key is made of their ids, so that connections
 * with different certificates are never shared.
 */
export function certificateProfile({ client, ca }: ConnectionCertificates, sealer: Sealer) {
  if (client === null && ca === null) return undefined;
  return {
    key: `${client?.id ?? ''}/${ca?.id ?? ''}`,
    tls: {
      ...(ca && { ca: ca.pem }),
      ...(client && { cert: client.pem, key: openCertificateKey(client, sealer) }),
    },
  };
}

/** Returns the private key of a client certificate or signing request, in PEM. */
export function openCertificateKey({ id, keySealed }: StoredCertificates, sealer: Sealer): string {
  if (keySealed === null) throw new Error('A client certificate has no private key');
  return sealer.open(keySealed, certificateSealingContext(id));
}

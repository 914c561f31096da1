import { constants, type X509Certificate } from 'node:crypto';
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import type { FieldProblem } from '@posthorn/core';
import { readAuthorityCertificates, readCertificates, readPrivateKey } from '@posthorn/core/keys';
import { OutboundError } from './outbound-error.js';

/** PEM. */
export interface ProfileTls {
  /** Authorities that are trusted instead of the well-known ones. */
  ca?: string;
  /** Certificate that identifies the client, followed by its intermediate certificates. */
  cert?: string;
  /** Private key of `cert`. */
  key?: string;
}

/**
 * Creates the context of connections. It contains all trusted certificates, so it is created once for many connections.
 * @param additionalCa trusted in addition to the well-known authorities
 * @throws OutboundError if the certificates cannot be used. They are stored ones, which were checked by earlier rules or by none
 */
export function createTlsContext(
  additionalCa: string | Buffer | undefined,
  { ca, cert, key }: ProfileTls = {},
): SecureContext {
  const wellKnown = additionalCa && [...rootCertificates, additionalCa];
  const trusted = ca === undefined ? wellKnown : checkedCertificates(readAuthorityCertificates(ca));
  return contextOf({
    ...(trusted && { ca: trusted }),
    ...(cert !== undefined &&
      key !== undefined && { cert: checkedCertificates(readCertificates(cert)), key: checkedKey(key) }),
  });
}

/** Without DHE: a receiver chooses how long its numbers are, and so how long the handshake calculates. */
const CIPHERS = `${DEFAULT_CIPHERS}:!DHE`;

function contextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext({
      ciphers: CIPHERS,
      // The receiver could let each of them cost as much as a handshake.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...options,
    });
  } catch (error) {
    throw unusable('certificate', error);
  }
}

function checkedCertificates(certificates: readonly X509Certificate[] | FieldProblem): string {
  if (!Array.isArray(certificates)) throw unusable('certificate');
  return certificates.join('');
}

function checkedKey(text: string): string {
  const key = readPrivateKey(text);
  if (key === null || key === 'unsupported') throw unusable('private key of the client certificate');
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The owner of the webhook sees the message. */
const unusable = (name: string, cause?: unknown) =>
  new OutboundError('tls_error', `The stored ${name} cannot be used. Set it again`, cause);

import type { FailureCode } from '@posthorn/core';
import { errorCode } from './error-code.js';
import { OutboundError } from './outbound-error.js';

/** Errors of OpenSSL's verification (X509_verify_cert_error_string), and alerts of the receiver about our certificate (RFC 8446, section 6). */
const CLASSES: readonly [FailureCode, Record<string, string>][] = [
  [
    'tls_untrusted',
    {
      DEPTH_ZERO_SELF_SIGNED_CERT: "The receiver's certificate is self-signed",
      SELF_SIGNED_CERT_IN_CHAIN: "The receiver's certificate was issued by an untrusted authority",
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "The receiver's certificate was issued by an untrusted authority",
      UNABLE_TO_GET_ISSUER_CERT:
        "The receiver's certificate was issued by an untrusted authority, or the trusted authorities lack its root certificate",
      UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        "The receiver's certificate was issued by an untrusted authority, or its intermediate certificates are missing",
    },
  ],
  ['tls_expired', { CERT_HAS_EXPIRED: "The receiver's certificate has expired" }],
  [
    'tls_client_certificate',
    {
      ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'The receiver requires a client certificate',
      ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
        'The receiver rejected the client certificate: it does not trust its authority',
      ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'The receiver rejected the client certificate',
      ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        'The receiver rejected the client certificate: it does not support its kind',
      ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED:
        'The receiver rejected the client certificate: it has been revoked',
      ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'The receiver rejected the client certificate: it has expired',
      ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'The receiver rejected the client certificate',
      ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'The receiver denied access to the client certificate',
    },
  ],
  [
    'tls_error',
    {
      CERT_NOT_YET_VALID: "The receiver's certificate is not valid yet",
      CERT_REVOKED: "The receiver's certificate has been revoked",
      ERR_TLS_CERT_ALTNAME_INVALID: "The receiver's certificate is for another host name",
      ECONNRESET: 'The receiver closed the connection during the TLS handshake',
      ERR_SSL_WRONG_VERSION_NUMBER: 'The receiver does not speak TLS on this port',
      ERR_SSL_PACKET_LENGTH_TOO_LONG: 'The receiver does not speak TLS on this port',
      ERR_SSL_UNSUPPORTED_PROTOCOL: 'The receiver supports only insecure versions of TLS',
      ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'The receiver supports only insecure versions of TLS',
      ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
        'The receiver supports none of the offered cipher suites, or requires a client certificate',
    },
  ],
];

const REASONS: ReadonlyMap<string, readonly [FailureCode, string]> = new Map(
  CLASSES.flatMap(([failure, reasons]) =>
    Object.entries(reasons).map(([code, message]) => [code, [failure, message]] as const),
  ),
);

/** OpenSSL 3.2 has renamed the alerts of SSLv3. */
const NEWER_ALERT = 'ERR_SSL_SSL/TLS_ALERT_';
const OLDER_ALERT = 'ERR_SSL_SSLV3_ALERT_';

/** Classifies an error of a TLS handshake. Returns an OutboundError unchanged. */
export function classifyTlsError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = errorCode(error).replace(NEWER_ALERT, OLDER_ALERT);
  const [failure, message] = REASONS.get(code) ?? [
    'tls_error' as const,
    `The TLS handshake with the receiver failed${code === '' ? '' : ` (${code})`}`,
  ];
  return new OutboundError(failure, message, error);
}

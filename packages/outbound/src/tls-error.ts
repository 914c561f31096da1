import { errorCode } from './error-code.js';
import { OutboundError } from './outbound-error.js';

/** Explanations of OpenSSL's certificate errors (X509_verify_cert_error_string) and of Node's TLS errors. */
const REASONS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "The receiver's certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "The receiver's certificate was issued by an untrusted authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "The receiver's certificate was issued by an untrusted authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "The receiver's certificate was issued by an untrusted authority, or its intermediate certificates are missing",
  CERT_HAS_EXPIRED: "The receiver's certificate has expired",
  CERT_NOT_YET_VALID: "The receiver's certificate is not valid yet",
  CERT_REVOKED: "The receiver's certificate has been revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "The receiver's certificate is for another host name",
  ECONNRESET: 'The receiver closed the connection during the TLS handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The receiver does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'The receiver does not speak TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'The receiver supports only insecure versions of TLS',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'The receiver supports only insecure versions of TLS',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'The receiver supports none of the offered cipher suites',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'The receiver requires a client certificate',
};

/** Classifies an error of a TLS handshake. Returns an OutboundError unchanged. */
export function classifyTlsError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = errorCode(error);
  const unknown = `The TLS handshake with the receiver failed${code === '' ? '' : ` (${code})`}`;
  return new OutboundError('tls_error', REASONS[code] ?? unknown, error);
}

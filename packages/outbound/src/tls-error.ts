import { errorCode } from './error-code.js';
import { OutboundError } from './outbound-error.js';

/** The usual faults of certificates (X509_verify_cert_error_string names, and Node's own), in plain words. */
const REASONS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the receiver is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of the receiver comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'The certificate of the receiver comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The certificate of the receiver comes from an authority that is not trusted, or without its intermediate certificates',
  CERT_HAS_EXPIRED: 'The certificate of the receiver has expired',
  CERT_NOT_YET_VALID: 'The certificate of the receiver is not valid yet',
  CERT_REVOKED: 'The certificate of the receiver was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the receiver is for another name',
  ECONNRESET: 'The receiver closed the connection during the TLS handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The receiver does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'The receiver does not speak TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'The receiver speaks only versions of TLS that are no longer safe',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'The receiver speaks only versions of TLS that are no longer safe',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'The receiver takes none of the ciphers that Posthorn offers',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'The receiver asks for a certificate of the client',
};

/** What went wrong while a connection was secured. A failure that is understood already stays as it is. */
export function tlsFailure(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = errorCode(error);
  const unknown = `No secure connection to the receiver could be made${code === '' ? '' : ` (${code})`}`;
  return new OutboundError('tls_error', REASONS[code] ?? unknown, error);
}

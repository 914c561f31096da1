/** The messages without values of requests that got no response. The pages translate them as they are. */
export const FAILURE_TEXTS = [
  'Connection refused: no server is listening on this port',
  'The receiver did not respond in time',
  'The receiver closed the connection before it responded',
  "The receiver's certificate is self-signed",
  "The receiver's certificate has expired",
  "The receiver's certificate is for another host name",
  "The receiver's certificate was issued by an untrusted authority",
  "The receiver's certificate was issued by an untrusted authority, or its intermediate certificates are missing",
  'The receiver requires a client certificate',
  'The receiver rejected the client certificate',
  'The receiver rejected the client certificate: it does not trust its authority',
  'The receiver rejected the client certificate: it has expired',
  'The receiver does not speak TLS on this port',
  'This request could not be built; the operator has been alerted',
];

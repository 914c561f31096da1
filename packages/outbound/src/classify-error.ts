import type { FailureCode } from '@posthorn/core';
import { errorCode } from './error-code.js';
import { StaleReadError } from './fresh-step.js';
import { OutboundError } from './outbound-error.js';
import { classifyTlsError } from './tls-error.js';

const KNOWN: Record<string, [FailureCode, string]> = {
  ECONNREFUSED: ['connection_refused', 'Connection refused: no server is listening on this port'],
  ECONNRESET: ['connection_reset', 'The receiver closed the connection before it responded'],
  EPIPE: ['connection_reset', 'The receiver closed the connection before it responded'],
  ECONNABORTED: ['connection_reset', 'The connection was aborted before the receiver responded'],
  ETIMEDOUT: ['timeout', 'Connecting to the receiver timed out'],
  EHOSTUNREACH: ['network_error', 'The host of the receiver is unreachable'],
  ENETUNREACH: ['network_error', 'The network of the receiver is unreachable'],
  HPE_HEADER_OVERFLOW: ['invalid_response', 'The response headers are larger than 16 KB'],
  ERR_INVALID_CHAR: ['network_error', 'A request header contains a character that HTTP does not allow'],
  ERR_INVALID_HTTP_TOKEN: ['network_error', 'A request header has a name that HTTP does not allow'],
};

/** Returns whether the receiver had closed the connection. */
export function isReset(error: unknown): boolean {
  const code = errorCode(innermost(error));
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Returns whether the request has not started, because the read behind it is stale. */
export const isStaleRead = (error: unknown): boolean => innermost(error) instanceof StaleReadError;

/** Classifies an error of the network, TLS or HTTP layer. Returns an OutboundError unchanged. */
export function classifyError(error: unknown): OutboundError {
  const inner = innermost(error);
  if (inner instanceof OutboundError) return inner;
  const code = errorCode(inner);
  const known = KNOWN[code];
  if (known) return new OutboundError(known[0], known[1], error);
  if (code.startsWith('HPE_'))
    return new OutboundError(
      'invalid_response',
      `The response is not valid HTTP${parserReason(inner)}`,
      error,
    );
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS'))
    return classifyTlsError(inner);
  return new OutboundError('network_error', `The request failed${code === '' ? '' : ` (${code})`}`, error);
}

/** Returns the reason given by Node's HTTP parser, as a suffix. */
function parserReason(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return '';
  return typeof error.reason === 'string' ? `: ${error.reason}` : '';
}

/** Returns the root cause of an error wrapped by got, or the first OutboundError on the way to it. */
function innermost(error: unknown): unknown {
  if (error instanceof OutboundError || typeof error !== 'object' || error === null) return error;
  return 'cause' in error && error.cause !== undefined ? innermost(error.cause) : error;
}

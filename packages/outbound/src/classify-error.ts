import type { FailureCode } from '@posthorn/core';
import { errorCode } from './error-code.js';
import { OutboundError } from './outbound-error.js';
import { tlsFailure } from './tls-failure.js';

const KNOWN: Record<string, [FailureCode, string]> = {
  ECONNREFUSED: ['connection_refused', 'The receiver refused the connection: nothing listens there'],
  ECONNRESET: ['connection_reset', 'The receiver closed the connection before it had answered'],
  EPIPE: ['connection_reset', 'The receiver closed the connection before it had answered'],
  ECONNABORTED: ['connection_reset', 'The connection was cut before the receiver had answered'],
  ETIMEDOUT: ['timeout', 'The receiver could not be reached in time'],
  EHOSTUNREACH: ['network_error', 'There is no way to the host of the receiver'],
  ENETUNREACH: ['network_error', 'There is no way to the network of the receiver'],
  HPE_HEADER_OVERFLOW: ['invalid_response', 'The headers of the answer are larger than 16 KB'],
  ERR_INVALID_CHAR: ['network_error', 'A header of the request holds a character that HTTP does not allow'],
  ERR_INVALID_HTTP_TOKEN: ['network_error', 'A header of the request has a name that HTTP does not allow'],
};

/** Whether the peer had closed the connection. */
export function isReset(error: unknown): boolean {
  const code = errorCode(innermost(error));
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** What an error of the network, TLS or HTTP layer means for the person who looks after the webhook. */
export function understandFailure(error: unknown): OutboundError {
  const inner = innermost(error);
  if (inner instanceof OutboundError) return inner;
  const code = errorCode(inner);
  const known = KNOWN[code];
  if (known) return new OutboundError(known[0], known[1], error);
  if (code.startsWith('HPE_'))
    return new OutboundError('invalid_response', `The answer is not valid HTTP${parserReason(inner)}`, error);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return tlsFailure(inner);
  return new OutboundError('network_error', `The request failed${code === '' ? '' : ` (${code})`}`, error);
}

/** What Node's parser stumbled over, in its own fixed words. */
function parserReason(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return '';
  return typeof error.reason === 'string' ? `: ${error.reason}` : '';
}

/** got wraps what happened. An OutboundError is told as it is, whatever caused it. */
function innermost(error: unknown): unknown {
  if (error instanceof OutboundError || typeof error !== 'object' || error === null) return error;
  return 'cause' in error && error.cause !== undefined ? innermost(error.cause) : error;
}

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type ProxyFailureCode, PROXY_FAILURE_CODES } from '@posthorn/core';
import { errorCode } from './error-code.js';
import { OutboundError } from './outbound-error.js';

const MAX_REASON_LENGTH = 200;

/** In place of an address in a reason. */
const HIDDEN = '…';

/** The failure of a server that does not speak the protocol of the proxy. */
export class ProxyProtocolError extends OutboundError {
  constructor(message: string) {
    super('proxy_failed', message);
  }
}

/** Returns the failure of a connection to the proxy itself. Messages do not name the proxy: owners of webhooks read them. */
export function connectionError(error: unknown): OutboundError {
  if (error instanceof OutboundError) {
    if (isProxyFailure(error)) return error;
    if (error.code === 'timeout')
      return proxyError('proxy_timeout', 'Connecting to the egress proxy timed out');
    if (error.code === 'dns_error')
      return proxyError('proxy_unreachable', 'The host name of the egress proxy could not be resolved');
    if (error.code === 'blocked_address')
      return proxyError('proxy_unreachable', 'The egress proxy has an address that no proxy may have');
    return proxyError('proxy_unreachable', 'The egress proxy is unreachable');
  }
  const code = errorCode(error);
  return proxyError('proxy_unreachable', `The egress proxy is unreachable${code === '' ? '' : ` (${code})`}`);
}

/** Returns why a response to CONNECT opens no connection, null if it does. */
export function tunnelError({ statusCode = 0, headers }: IncomingMessage): OutboundError | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  const reason = reasonIn(headers);
  const result = `(${statusCode}${reason === '' ? '' : `: ${reason}`})`;
  // Smokescreen rejects with 407, which otherwise has a challenge.
  if (statusCode === 407 && (reason === '' || headers['proxy-authenticate'] !== undefined))
    return proxyError('proxy_authentication_required', 'The egress proxy requires other credentials');
  if (statusCode >= 400 && statusCode < 500)
    return proxyError('proxy_rejected', `The egress proxy rejected the connection to the receiver ${result}`);
  if (statusCode === 504)
    return new OutboundError('timeout', `Connecting to the receiver timed out ${result}`);
  if (statusCode === 502 || isConnectFailure(headers))
    return new OutboundError('network_error', `The egress proxy could not connect to the receiver ${result}`);
  return proxyError('proxy_failed', `The egress proxy failed ${result}`);
}

/** Explanations of the reasons of SOCKS5 replies, as `socks` names them. */
const REPLIES: Record<string, () => OutboundError> = {
  Failure: () => proxyError('proxy_failed', 'The egress proxy reported a general failure'),
  NotAllowed: () => proxyError('proxy_rejected', 'The egress proxy rejected the connection to the receiver'),
  NetworkUnreachable: () =>
    new OutboundError('network_error', 'The egress proxy could not reach the network of the receiver'),
  HostUnreachable: () =>
    new OutboundError('network_error', 'The egress proxy could not reach the host of the receiver'),
  ConnectionRefused: () =>
    new OutboundError('connection_refused', 'Connection refused: no server is listening on this port'),
  TTLExpired: () => new OutboundError('timeout', 'Connecting to the receiver timed out'),
  AddressNotSupported: () =>
    new OutboundError('network_error', 'The egress proxy does not support addresses of this family'),
};

/** Returns the failure of a SOCKS5 handshake. The error of the library is not kept: it contains the password. */
export function socksError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const message = error instanceof Error ? error.message : '';
  const reply = REPLIES[/rejected connection - (\w+)/i.exec(message)?.[1] ?? ''];
  if (reply) return reply();
  if (/authentication/i.test(message))
    return proxyError('proxy_authentication_required', 'The egress proxy requires other credentials');
  if (/timed out/i.test(message)) return proxyTimeout();
  return /invalid/i.test(message)
    ? new ProxyProtocolError('The response of the egress proxy is not valid SOCKS5')
    : closedByProxy();
}

export const proxyTimeout = (): OutboundError =>
  proxyError('proxy_timeout', 'The egress proxy did not connect to the receiver in time');

/** Returns the failure of a proxy that does not speak HTTP. @param error of the parser or of the connection */
export const invalidProxyResponse = (error?: unknown): OutboundError =>
  error === undefined || errorCode(error).startsWith('HPE_')
    ? new ProxyProtocolError('The response of the egress proxy is not valid HTTP')
    : closedByProxy();

const closedByProxy = (): OutboundError =>
  proxyError('proxy_failed', 'The egress proxy closed the connection before it responded');

const proxyError = (code: ProxyFailureCode, message: string): OutboundError =>
  new OutboundError(code, message);

const CODES: readonly string[] = PROXY_FAILURE_CODES;

const isProxyFailure = ({ code }: OutboundError): boolean => CODES.includes(code);

/** Returns whether another address of the receiver may succeed. */
export const mayTryNextAddress = (error: unknown): boolean =>
  error instanceof OutboundError &&
  !['proxy_unreachable', 'proxy_authentication_required'].includes(error.code);

/** Squid responds with 503 also if the receiver refuses the connection. */
const isConnectFailure = (headers: IncomingMessage['headers']): boolean =>
  /^ERR_(?:CONNECT_FAIL|DNS_FAIL|READ_TIMEOUT|CANNOT_FORWARD)/.test(textOf(headers['x-squid-error']));

/** Returns the reason that Smokescreen or Squid gives, without addresses: those of a private network are not for owners of webhooks. */
function reasonIn(headers: IncomingMessage['headers']): string {
  const text = textOf(headers['x-smokescreen-error'] ?? headers['x-squid-error']);
  return text
    .slice(0, MAX_REASON_LENGTH)
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll(/[0-9a-f.:]+/gi, (part) => (isAddress(part) ? HIDDEN : part))
    .trim();
}

/** Returns whether a part of a text is an address, with or without a port and a punctuation mark. */
function isAddress(part: string): boolean {
  const bare = /[.:]$/.test(part) ? part.slice(0, -1) : part;
  return [bare, bare.slice(0, Math.max(bare.lastIndexOf(':'), 0))].some((text) => isIP(text) !== 0);
}

const textOf = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(', ') : (header ?? '');

import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { ProxyRoute } from '@posthorn/core';
import { SocksClient } from 'socks';
import { isProxyAddress } from './address-guard.js';
import {
  ADDRESS_TIMEOUT_MS,
  assertAdmitted,
  blockedAddress,
  CONNECT_TIMEOUT_MS,
  type ConnectionGuard,
  type ConnectionTarget,
  waitUntilOpen,
} from './guarded-connection.js';
import { assertFresh, StaleReadError, whileFresh } from './fresh-step.js';
import { OutboundError } from './outbound-error.js';
import {
  connectionError,
  invalidProxyResponse,
  mayTryNextAddress,
  proxyTimeout,
  socksError,
  tunnelError,
} from './proxy-error.js';

/** Maximum number of addresses of a name that the proxy is asked for. */
const MAX_ADDRESSES = 4;

/** How long before the deadline of a request a silent proxy is the failure, so that it is not taken for a timeout of the receiver, in milliseconds. */
const MARGIN_MS = 100;

export interface ProxyConnector {
  route: ProxyRoute;
  /** Resolves the name of the proxy to addresses that a proxy may have. */
  lookup: LookupFunction;
  /** For TLS to the proxy. */
  secureContext: SecureContext;
}

/**
 * Opens a connection to an allowed address through a proxy. Nothing has been written to the receiver yet. Rejects with an
 * OutboundError or a system error.
 */
export async function openProxiedConnection(
  target: ConnectionTarget,
  { guard, proxy }: { guard: ConnectionGuard; proxy: ProxyConnector },
): Promise<Socket> {
  const { guards } = proxy.route;
  const { isAllowed } = guard;
  const hosts = guards ? [target.host] : await allowedAddresses(target, guard);
  for (const [index, host] of hosts.entries()) {
    const hasNext = index + 1 < hosts.length;
    if (!guards) await assertAdmitted(host, { isAllowed, admits: target.admits });
    try {
      return await openTunnel({ ...target, host, hasNext }, proxy);
    } catch (error) {
      if (!hasNext || !mayTryNextAddress(error) || performance.now() >= target.deadline) throw error;
    }
  }
  throw blockedAddress();
}

/** Returns the addresses of a host that the guard allows. @throws OutboundError if there is none */
async function allowedAddresses(
  { host, deadline }: ConnectionTarget,
  { isAllowed, lookup }: ConnectionGuard,
): Promise<string[]> {
  const found = isIP(host) === 0 ? await resolve(host, lookup, deadline) : [host];
  const allowed = found.slice(0, MAX_ADDRESSES).filter(isAllowed);
  if (allowed.length === 0) throw blockedAddress();
  return allowed;
}

/** Resolves a name in time. @throws OutboundError */
function resolve(name: string, lookup: LookupFunction, deadline: number): Promise<string[]> {
  return within<string[]>(
    { deadline, limitMs: CONNECT_TIMEOUT_MS },
    () => new OutboundError('timeout', `Resolving the host name ${name} timed out`),
    (settle, fail) =>
      lookup(name, { all: true }, (error, found) => {
        if (error) fail(error);
        else settle(addressesOf(found));
      }),
  );
}

const addressesOf = (found: string | LookupAddress[]): string[] =>
  typeof found === 'string' ? [found] : found.map(({ address }) => address);

interface TunnelTarget extends ConnectionTarget {
  /** Another address is tried if this one takes too long. */
  hasNext: boolean;
}

/** Opens a connection to the proxy and has it connect to a host. */
export async function openTunnel(target: TunnelTarget, proxy: ProxyConnector): Promise<Socket> {
  const deadline = target.deadline - MARGIN_MS;
  const socket = await connectToProxy(deadline, proxy);
  const open = proxy.route.protocol === 'socks5' ? requestSocks : requestConnect;
  const limitMs = target.hasNext ? ADDRESS_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
  try {
    // The next bytes name the receiver, and contain the password of the proxy.
    await assertFresh(target);
    return await within<Socket>({ deadline, limitMs }, proxyTimeout, (settle, fail) => {
      open(socket, { target, route: proxy.route }).then(settle, fail);
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const phase = (): string => 'Connecting to the egress proxy';

async function connectToProxy(
  deadline: number,
  { route: { protocol, host, port }, lookup, secureContext }: ProxyConnector,
): Promise<Socket> {
  // The lookup does not check literal addresses: it is not called for them.
  if (isIP(host) !== 0 && !isProxyAddress(host)) throw connectionError(blockedAddress());
  const socket = connect({
    host,
    port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    noDelay: true,
  });
  try {
    await waitUntilOpen(socket, { event: 'connect', deadline, phase });
    if (protocol !== 'https') return socket;
    const secured = connectTls({
      socket,
      secureContext,
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
    });
    await waitUntilOpen(secured, { event: 'secureConnect', deadline, phase });
    return secured;
  } catch (error) {
    socket.destroy();
    throw connectionError(error);
  }
}

interface TunnelRequest {
  target: ConnectionTarget;
  route: ProxyRoute;
}

function requestConnect(socket: Socket, { target: { host, port }, route }: TunnelRequest): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((settle, fail) => {
    const request = http.request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(route) },
      createConnection: () => socket,
    });
    request.once('connect', (response, _socket, head) => {
      const failure = tunnelError(response) ?? (head.length > 0 ? invalidProxyResponse() : null);
      if (failure) fail(failure);
      else settle(socket);
    });
    // The parser emits it for a response that is not valid or too long, the socket if the proxy closes the connection.
    request.once('error', (error) => fail(invalidProxyResponse(error)));
    request.end();
  });
}

function authorization({ username, password }: ProxyRoute): Record<string, string> {
  if (username === '') return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

async function requestSocks(socket: Socket, { target, route }: TunnelRequest): Promise<Socket> {
  const { host, port, username, password } = route;
  try {
    // The proxy asks for the password, and then for the receiver.
    await whileFresh(target, socket, () =>
      SocksClient.createConnection({
        command: 'connect',
        existing_socket: socket,
        proxy: { host, port, type: 5, ...(username !== '' && { userId: username, password }) },
        destination: { host: target.host, port: target.port },
        // The caller limits it more tightly.
        timeout: 2 * CONNECT_TIMEOUT_MS,
      }),
    );
    return socket;
  } catch (error) {
    throw error instanceof StaleReadError ? error : socksError(error);
  }
}

/** Runs a step that must end within a time and before a deadline. */
async function within<Result>(
  { deadline, limitMs }: { deadline: number; limitMs: number },
  timeout: () => OutboundError,
  run: (settle: (result: Result) => void, fail: (error: unknown) => void) => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((settle, fail) => {
      const timeLeftMs = Math.max(deadline - performance.now(), 0);
      timer = setTimeout(() => fail(timeout()), Math.min(limitMs, timeLeftMs));
      run(settle, fail);
    });
  } finally {
    clearTimeout(timer);
  }
}

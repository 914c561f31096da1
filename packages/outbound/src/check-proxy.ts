import { type FailureCode, NO_BARRIER, type ProxyRoute } from '@posthorn/core';
import { proxyConnector } from './connection-profile.js';
import { createNameResolver, type ResolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';
import { openTunnel } from './proxied-connection.js';
import { ProxyProtocolError } from './proxy-error.js';

/** A name that never exists (RFC 6761), so that the proxy connects to nothing. */
const NO_HOST = 'posthorn.invalid';

const TIMEOUT_MS = 5000;

interface ProxyCheckOptions {
  lookup?: ResolveName;
  ca?: string | Buffer;
}

/**
 * Checks whether a proxy responds and accepts the credentials. Returns null if it does, or what failed. A proxy that rejects the host of
 * the check, or does not find it, responds.
 */
export async function checkProxy(
  route: ProxyRoute,
  { lookup: resolve = createNameResolver(), ca }: ProxyCheckOptions = {},
): Promise<{ code: FailureCode; message: string } | null> {
  const deadline = performance.now() + TIMEOUT_MS;
  const target = { host: NO_HOST, port: 443, deadline, hasNext: false, ...NO_BARRIER };
  try {
    const socket = await openTunnel(target, proxyConnector(route, { resolve, ...(ca && { ca }) }));
    socket.destroy();
    return null;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const isFault = error instanceof ProxyProtocolError || FAULTS.has(error.code);
    return isFault ? { code: error.code, message: error.message } : null;
  }
}

const FAULTS: ReadonlySet<string> = new Set([
  'proxy_unreachable',
  'proxy_timeout',
  'proxy_authentication_required',
]);

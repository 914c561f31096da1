import { isIPv4 } from 'node:net';
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

/**
 * Returns the address of the client: the address of the connection, or, behind trusted proxies, the last forwarded address that is
 * not the address of a trusted proxy.
 */
export function clientAddressOf(request: Request): string | null {
  const address = forwardedAddressOf(request) ?? request.socket.remoteAddress;
  if (address !== undefined && isIPv4(address)) return address;
  // A dual-stack server sees IPv4 addresses as ::ffff:192.0.2.1.
  return address === undefined ? null : ipaddr.process(address).toString();
}

function forwardedAddressOf(request: Request): string | undefined {
  if (request.headers['x-forwarded-for'] === undefined) return undefined;
  const { ip } = request;
  return ip !== undefined && ipaddr.isValid(ip) ? ip : undefined;
}

/** Length of the IPv6 prefix that a provider usually assigns to one customer. */
const IPV6_NETWORK_BYTES = 8;

/** Returns the network that identifies a client or a receiver: an IPv4 address, or an IPv6 /64. */
export function networkOf(address: string): string {
  const parsed = ipaddr.parse(address);
  if (parsed.kind() === 'ipv4') return address;
  return Buffer.from(parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES)).toString('hex');
}

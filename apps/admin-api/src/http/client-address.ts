import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

/**
 * The address that a request came from: of the connection, or, where that is one of a trusted proxy, the last one that
 * the proxies name and that is none of theirs.
 */
export function clientAddressOf({ ip, socket }: Request): string | null {
  const address = ip !== undefined && ipaddr.isValid(ip) ? ip : socket.remoteAddress;
  // A server that listens on both families sees IPv4 as ::ffff:192.0.2.1.
  return address === undefined ? null : ipaddr.process(address).toString();
}

/** Leading bytes of an IPv6 address that one customer of a network usually has. */
const IPV6_NETWORK_BYTES = 8;

/** What one client may be taken to be: an IPv4 address, or an IPv6 /64. */
export function clientNetwork(address: string): string {
  const parsed = ipaddr.parse(address);
  if (parsed.kind() === 'ipv4') return address;
  return Buffer.from(parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES)).toString('hex');
}

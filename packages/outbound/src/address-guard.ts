import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { OutboundRules } from './outbound-rules.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Returns whether requests may be sent to an IPv4 or IPv6 address. */
export type AddressGuard = (address: string) => boolean;

/** Networks that are not global unicast (IANA special-purpose registry, RFC 6890), and Azure's platform address. */
const BLOCKED_IPV4 = networks(
  '0.0.0.0/8', // this host
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT, and Alibaba's metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform address: looks public, but is internal
  '169.254.0.0/16', // link-local, and most clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments, and Oracle's metadata
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
);

/** The only range allocated as global unicast. Excludes mapped, compatible, NAT64, unique local and link-local addresses. */
const GLOBAL_IPV6 = networks('2000::/3');

/** Networks within 2000::/3 that are not global unicast. */
const BLOCKED_IPV6 = networks(
  '2001::/23', // protocol assignments: Teredo, ORCHID, benchmarking
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: embeds an IPv4 address
  '3fff::/20', // documentation
);

/** Creates a guard for `rules`. Throws if an `allow` entry is not a CIDR; see parseOutboundRules. */
export function addressGuard(rules: Pick<OutboundRules, 'allow'>): AddressGuard {
  const exceptions = networks(...rules.allow);
  return (text) => {
    // ipaddr.js also parses 127.1 and 0x7f000001, which resolvers and sockets never return.
    if (isIP(text) === 0) return false;
    const address = ipaddr.parse(text);
    return isGlobalUnicast(address) || equivalentForms(address).some((each) => isWithin(each, exceptions));
  };
}

/** Returns whether requests may be sent to `address`. Use addressGuard to check many addresses. */
export function isAllowedAddress(address: string, rules: Pick<OutboundRules, 'allow'>): boolean {
  return addressGuard(rules)(address);
}

function isGlobalUnicast(address: Address): boolean {
  if (address.kind() === 'ipv4') return !isWithin(address, BLOCKED_IPV4);
  return isWithin(address, GLOBAL_IPV6) && !isWithin(address, BLOCKED_IPV6);
}

/** Returns the forms of an address that exceptions apply to: one for an IPv4 network also covers IPv4-mapped IPv6 addresses. */
function equivalentForms(address: Address): Address[] {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
    ? [address, address.toIPv4Address()]
    : [address];
}

function isWithin(address: Address, candidates: readonly Network[]): boolean {
  return candidates.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}

function networks(...cidrs: string[]): Network[] {
  return cidrs.map((cidr) => ipaddr.parseCIDR(cidr));
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { OutboundRules } from './outbound-rules.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Tells whether a request may go to this address (text, IPv4 or IPv6). */
export type AddressGuard = (address: string) => boolean;

/** What is not global unicast (IANA special-purpose registry, RFC 6890), and one cloud's metadata address. */
const CLOSED_IPV4 = networks(
  '0.0.0.0/8', // this host
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT, and Alibaba's metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform address: looks public, answers inside only
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

/** Only 2000::/3 is handed out at all: mapped, compatible, NAT64, unique local and link-local lie outside it. */
const OPEN_IPV6 = networks('2000::/3');

/** What lies inside 2000::/3 and leads elsewhere, or nowhere. */
const CLOSED_IPV6 = networks(
  '2001::/23', // protocol assignments: Teredo, ORCHID, benchmarking
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address in disguise
  '3fff::/20', // documentation
);

/** A guard for `rules`. Throws for an `allow` entry that is no CIDR: see parseOutboundRules. */
export function addressGuard(rules: Pick<OutboundRules, 'allow'>): AddressGuard {
  const exceptions = networks(...rules.allow);
  return (text) => {
    // ipaddr.js also reads 127.1 and 0x7f000001; a resolver or a socket never says so.
    if (isIP(text) === 0) return false;
    const address = ipaddr.parse(text);
    return isGlobalUnicast(address) || disguises(address).some((each) => isWithin(each, exceptions));
  };
}

/** Whether a request may go to `address`. See addressGuard for many questions under the same rules. */
export function isAllowedAddress(address: string, rules: Pick<OutboundRules, 'allow'>): boolean {
  return addressGuard(rules)(address);
}

function isGlobalUnicast(address: Address): boolean {
  if (address.kind() === 'ipv4') return !isWithin(address, CLOSED_IPV4);
  return isWithin(address, OPEN_IPV6) && !isWithin(address, CLOSED_IPV6);
}

/** An exception for an IPv4 network also holds for its IPv4-mapped IPv6 form. */
function disguises(address: Address): Address[] {
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

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

/** Metadata services of clouds, which hand out credentials, and everything link-local. No setting is an exception. */
const NEVER_ALLOWED = networks(
  '169.254.0.0/16', // link-local, and most clouds' metadata
  'fe80::/10', // link-local
  '100.100.100.200/32', // Alibaba's metadata
  '168.63.129.16/32', // Azure's platform address
  '192.0.0.192/32', // Oracle's metadata
  'fd00:42::42/128', // Scaleway metadata
  'fd00:100::100:200/128', // Alibaba's metadata
  'fd00:a9fe:a9fe::1/128', // Akamai's (Linode's) metadata
  'fd00:c1::a9fe:a9fe/128', // Oracle's metadata
  'fd00:ec2::23/128', // AWS metadata of pods (EKS)
  'fd00:ec2::254/128', // AWS metadata
  'fd20:ce::254/128', // Google Cloud metadata
);

/** Networks with the IPv4 address that a gateway connects to in the last four bytes: mapped, compatible, translated, NAT64. */
const IPV4_AT_END = networks('::ffff:0:0/96', '::/96', '::ffff:0:0:0/96', '64:ff9b::/96');

/** The same in the bytes after the prefix: 6to4. */
const IPV4_AFTER_PREFIX = networks('2002::/16');

/** Creates a guard for `rules`. Throws if an `allow` entry is not a CIDR; see parseOutboundRules. */
export function addressGuard(rules: Pick<OutboundRules, 'allow'>): AddressGuard {
  const exceptions = networks(...rules.allow);
  return (text) => {
    // ipaddr.js also parses 127.1 and 0x7f000001, which resolvers and sockets never return.
    if (isIP(text) === 0) return false;
    const address = ipaddr.parse(text);
    if (isNeverAllowed(address)) return false;
    return isGlobalUnicast(address) || equivalentForms(address).some((each) => isWithin(each, exceptions));
  };
}

/** Returns whether requests may be sent to `address`. Use addressGuard to check many addresses. */
export function isAllowedAddress(address: string, rules: Pick<OutboundRules, 'allow'>): boolean {
  return addressGuard(rules)(address);
}

/** Returns whether a proxy may have an address: a private one, too, but none that no setting allows. */
export const isProxyAddress: AddressGuard = (text) => isIP(text) !== 0 && !isNeverAllowed(ipaddr.parse(text));

/** Returns whether a network contains addresses that no setting allows. */
export function hasNeverAllowed(cidr: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return NEVER_ALLOWED.some(([other, otherBits]) => {
    if (other.kind() !== base.kind()) return false;
    return isWithin(base, [[other, Math.min(bits, otherBits)]]);
  });
}

/** Returns whether a network lies within one of `outer`. */
export function isSubnet(cidr: string, outer: readonly string[]): boolean {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return networks(...outer).some(
    (network) => network[0].kind() === base.kind() && bits >= network[1] && isWithin(base, [network]),
  );
}

function isNeverAllowed(address: Address): boolean {
  const embedded = embeddedIpv4(address);
  return isWithin(address, NEVER_ALLOWED) || (embedded !== null && isWithin(embedded, NEVER_ALLOWED));
}

function embeddedIpv4(address: Address): Address | null {
  const bytes = address.toByteArray();
  if (isWithin(address, IPV4_AT_END)) return new ipaddr.IPv4(bytes.slice(-4));
  return isWithin(address, IPV4_AFTER_PREFIX) ? new ipaddr.IPv4(bytes.slice(2, 6)) : null;
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

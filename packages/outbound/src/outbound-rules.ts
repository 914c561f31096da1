import ipaddr from 'ipaddr.js';

/** Where requests may go. */
export interface OutboundRules {
  /** CIDRs (IPv4 or IPv6) allowed beside the public internet. */
  allow: string[];
  /** Whether plain http is allowed beside https. */
  http: boolean;
  /** `*`: any port. */
  ports: number[] | '*';
}

/**
 * Rules with the defaults filled in: the public internet, https, port 443 (with http also 80 and 8443).
 * Throws a RangeError that names the CIDR or port that is none.
 */
export function parseOutboundRules(input: Partial<OutboundRules> = {}): OutboundRules {
  const { allow = [], http = false, ports = http ? [443, 80, 8443] : [443] } = input;
  for (const cidr of allow) {
    if (!ipaddr.isValidCIDR(cidr))
      throw new RangeError(`"${cidr}" is not a CIDR, as in 10.0.0.0/8 or fd00::/8`);
  }
  for (const port of ports === '*' ? [] : ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${port} is not a port`);
  }
  return { allow, http, ports };
}

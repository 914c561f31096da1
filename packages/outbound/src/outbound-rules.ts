import ipaddr from 'ipaddr.js';

/** The allowed destinations of requests. */
export interface OutboundRules {
  /** CIDRs (IPv4 or IPv6) allowed in addition to the public internet. */
  allow: string[];
  /** Whether plain http is allowed in addition to https. */
  http: boolean;
  /** `*` allows any port. */
  ports: number[] | '*';
  /** CIDRs that single tenants may be allowed to reach. Default: none. */
  privateNetworks?: readonly string[];
}

/**
 * Returns rules with defaults: the public internet, https and port 443; with http also ports 80 and 8443. Throws a
 * RangeError that names an invalid CIDR or port.
 */
export function parseOutboundRules(input: Partial<OutboundRules> = {}): OutboundRules {
  const { allow = [], http = false, ports = http ? [443, 80, 8443] : [443], privateNetworks = [] } = input;
  for (const cidr of [...allow, ...privateNetworks]) {
    if (!ipaddr.isValidCIDR(cidr))
      throw new RangeError(`"${cidr}" is not a CIDR such as 10.0.0.0/8 or fd00::/8`);
  }
  for (const port of ports === '*' ? [] : ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${port} is not a port`);
  }
  return { allow, http, ports, privateNetworks };
}

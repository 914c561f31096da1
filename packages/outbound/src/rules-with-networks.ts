import { isSubnet } from './address-guard.js';
import type { OutboundRules } from './outbound-rules.js';

/** Returns the rules for a tenant. Of its networks, only those within the networks that operators allow for single tenants count. */
export function rulesWithNetworks(rules: OutboundRules, networks: readonly string[]): OutboundRules {
  const allowed = networks.filter((network) => isSubnet(network, rules.privateNetworks ?? []));
  return allowed.length === 0 ? rules : { ...rules, allow: [...rules.allow, ...allowed] };
}

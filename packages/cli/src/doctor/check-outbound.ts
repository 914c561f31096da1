import { hasNeverAllowed, type OutboundRules } from '@posthorn/outbound';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'outbound';

/** Checks which destinations webhooks may use. */
export function checkOutbound(rules: OutboundRules): Finding[] {
  const findings = [...networks(rules), ...protocol(rules), ...ports(rules)];
  return findings.length > 0
    ? findings
    : [ok(CHECK, 'Allowed destinations: public internet, https, port 443')];
}

function networks(rules: OutboundRules): Finding[] {
  if (rules.allow.length === 0) return [];
  const metadata = rules.allow.some(hasNeverAllowed)
    ? ', except for metadata services of clouds and link-local addresses'
    : '';
  return [
    warning(
      CHECK,
      `Webhooks may target ${rules.allow.join(', ')}${metadata}`,
      'If others choose webhook URLs, POSTHORN_OUTBOUND_ALLOW exposes your network to them.',
    ),
  ];
}

function protocol({ http }: OutboundRules): Finding[] {
  if (!http) return [];
  return [
    warning(CHECK, 'Webhooks may use unencrypted http', 'Set POSTHORN_OUTBOUND_HTTP=false to require https.'),
  ];
}

function ports(rules: OutboundRules): Finding[] {
  if (rules.ports === '*')
    return [
      warning(CHECK, 'Webhooks may use any port', 'Set POSTHORN_OUTBOUND_PORTS=443 to allow only 443.'),
    ];
  const others = rules.ports.filter((port) => port !== 443);
  return others.length === 0 ? [] : [ok(CHECK, `Webhooks may also use ports ${others.join(', ')}`)];
}

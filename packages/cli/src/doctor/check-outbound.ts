import { isAllowedAddress, type OutboundRules } from '@posthorn/outbound';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'outbound';

/** Where most clouds hand out credentials to whoever asks from inside. */
const METADATA = '169.254.169.254';

/** What webhooks may point at. */
export function checkOutbound(rules: OutboundRules): Finding[] {
  const findings = [...networks(rules), ...protocol(rules), ...ports(rules)];
  return findings.length > 0 ? findings : [ok(CHECK, 'the public internet alone, by https, on port 443')];
}

function networks(rules: OutboundRules): Finding[] {
  if (rules.allow.length === 0) return [];
  const metadata = isAllowedAddress(METADATA, rules) ? ', even at the metadata of a cloud' : '';
  return [
    warning(
      CHECK,
      `webhooks may point at ${rules.allow.join(', ')}${metadata}`,
      'Where others choose the URLs, POSTHORN_OUTBOUND_ALLOW is a way into your network.',
    ),
  ];
}

function protocol({ http }: OutboundRules): Finding[] {
  if (!http) return [];
  return [
    warning(CHECK, 'webhooks may use plain http', 'POSTHORN_OUTBOUND_HTTP=false keeps payloads secret.'),
  ];
}

function ports(rules: OutboundRules): Finding[] {
  if (rules.ports === '*')
    return [warning(CHECK, 'webhooks may use any port', 'POSTHORN_OUTBOUND_PORTS=443 closes the others.')];
  const others = rules.ports.filter((port) => port !== 443);
  return others.length === 0 ? [] : [ok(CHECK, `webhooks may also use the ports ${others.join(', ')}`)];
}

import { type ProxyRoute, shownProxyUrl } from '@posthorn/core';
import { checkProxy } from '@posthorn/outbound';
import { error, type Finding, ok, warning } from './finding.js';

const CHECK = 'egress proxy';

/** Checks whether the proxy of requests to receivers responds and accepts the credentials. */
export async function checkEgressProxy(proxy: ProxyRoute): Promise<Finding[]> {
  const url = shownProxyUrl(proxy);
  const fault = await checkProxy(proxy);
  if (fault)
    return [
      error(
        CHECK,
        `${fault.message}: ${url} (${fault.code})`,
        'Deliveries fail until it works. Check POSTHORN_OUTBOUND_PROXY, and the proxy from this machine.',
      ),
    ];
  const responds = ok(CHECK, `${url} responds`);
  if (!proxy.guards) return [responds];
  return [
    responds,
    warning(
      CHECK,
      'The proxy decides which addresses webhooks may reach',
      'It must reject private networks, as Smokescreen does. Otherwise unset POSTHORN_OUTBOUND_PROXY_GUARDS.',
    ),
  ];
}

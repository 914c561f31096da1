import { certificateProfile, connectionProfile, type Egress, egressOf } from '@posthorn/core';
import { findTenantEgress } from '@posthorn/database/tenants/prisma';
import {
  type CertificateIds,
  findConnectionCertificates,
  type WebhookRecord,
} from '@posthorn/database/webhooks/prisma';
import { type ConnectionProfile, type OutboundRules, rulesWithNetworks } from '@posthorn/outbound';
import type { RequestDeps } from './deps.js';

type Routed = Pick<WebhookRecord, 'id' | 'tenantId' | 'proxySealed'>;

/**
 * Returns the connection profile of requests to a webhook: its route and its certificates. Undefined: the default connections.
 * @param withClientCertificate whether the client certificate is presented. It identifies the sender to a host that a tenant has chosen, so
 *   it follows the rule of custom headers, and so does the certificate of the tenant
 */
export async function webhookProfile(
  webhook: Routed & CertificateIds,
  deps: Pick<RequestDeps, 'prisma' | 'sealer'>,
  { withClientCertificate = true }: { withClientCertificate?: boolean } = {},
): Promise<ConnectionProfile | undefined> {
  const [certificates, route] = await Promise.all([
    findConnectionCertificates(deps.prisma, webhook),
    webhookRoute(webhook, deps),
  ]);
  const presented = withClientCertificate ? certificates : { ...certificates, client: null };
  return connectionProfile(certificateProfile(presented, deps.sealer), route);
}

/** The same without certificates, for requests to other hosts. */
async function webhookRoute(
  webhook: Routed,
  { prisma, sealer }: Pick<RequestDeps, 'prisma' | 'sealer'>,
): Promise<Egress | undefined> {
  const { proxySealed: tenantProxySealed, privateNetworks } = await findTenantEgress(
    prisma,
    webhook.tenantId,
  );
  return egressOf({ ...webhook, tenantProxySealed, privateNetworks }, sealer);
}

/** Returns what the URLs of a tenant may be. Reads nothing unless networks are open for single tenants. */
export async function tenantRules(
  tenantId: string,
  { prisma, outbound }: Pick<RequestDeps, 'prisma' | 'outbound'>,
): Promise<OutboundRules> {
  if (!hasOpenNetworks(outbound)) return outbound;
  return rulesWithNetworks(outbound, (await findTenantEgress(prisma, tenantId)).privateNetworks);
}

export const hasOpenNetworks = ({ privateNetworks = [] }: OutboundRules): boolean =>
  privateNetworks.length > 0;

/** Returns what the URL of any webhook may be: that of a tenant whose networks are all that single tenants can have. */
export const widestRules = (rules: OutboundRules): OutboundRules =>
  rulesWithNetworks(rules, rules.privateNetworks ?? []);

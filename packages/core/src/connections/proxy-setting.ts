import { createHash } from 'node:crypto';
import type { ProxySetting } from './proxy-route.js';
import type { Sealer } from '../security/sealing.js';
import { webhookSealingContext } from '../security/webhook-secrets.js';

/** What the route of the requests to a webhook depends on, as stored. */
interface StoredEgress {
  id: string;
  tenantId: string;
  /** Null: that of the tenant. */
  proxySealed: string | null;
  /** Null: that of the installation. */
  tenantProxySealed: string | null;
  /** CIDRs that the webhooks of the tenant may reach in addition to those of all tenants. */
  privateNetworks: readonly string[];
}

/** The route of the requests to a webhook. */
export interface Egress {
  /** A digest: equal routes have equal keys. */
  key: string;
  /** Undefined: that of the installation. */
  proxy?: ProxySetting;
  networks: readonly string[];
}

/** The sealing context of what a tenant has sealed. */
export const tenantSealingContext = (tenantId: string): string => `tenant:${tenantId}`;

/** Returns a proxy setting as stored. Null stays null. */
export const sealProxy = (proxy: ProxySetting | null, context: string, sealer: Sealer): string | null =>
  proxy === null ? null : sealer.seal(JSON.stringify(proxy), context);

/** Opens a stored proxy setting. */
export function openProxy(sealed: string | null, context: string, sealer: Sealer): ProxySetting | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authenticated: sealed by sealProxy
  return sealed === null ? null : (JSON.parse(sealer.open(sealed, context)) as ProxySetting);
}

/** Returns the profile of connections with these certificates on this route. Undefined for the default connections. */
export function connectionProfile<Certificates extends { key: string }>(
  certificates: Certificates | null | undefined,
  egress: Egress | undefined,
) {
  if (!certificates || !egress) return certificates ?? egress;
  return { ...certificates, ...egress, key: `${certificates.key} ${egress.key}` };
}

/** Returns the route of the requests to a webhook. Undefined for the route of the installation. */
export function egressOf(stored: StoredEgress, sealer: Sealer): Egress | undefined {
  const { id, tenantId, proxySealed, tenantProxySealed, privateNetworks: networks } = stored;
  if (proxySealed === null && tenantProxySealed === null && networks.length === 0) return undefined;
  const proxy =
    openProxy(proxySealed, webhookSealingContext(id), sealer) ??
    openProxy(tenantProxySealed, tenantSealingContext(tenantId), sealer);
  const key = createHash('sha256')
    .update(JSON.stringify([proxy, networks]))
    .digest('base64url');
  return { key, networks, ...(proxy && { proxy }) };
}

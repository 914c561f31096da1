import {
  fieldError,
  openProxy,
  PosthornError,
  type ProxySetting,
  sealProxy,
  tenantSealingContext,
  webhookSealingContext,
} from '@posthorn/core';
import { findTenant, type Tenant, updateTenant as changeTenant } from '@posthorn/database/tenants/prisma';
import { changeWebhook, findWebhook, type WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { isSubnet } from '@posthorn/outbound';
import type { Handler } from '../calls/handler.js';
import { resolveTenantId, tenantNotFound } from '../access/tenancy.js';
import { getsNoRequests, webhookNotFound } from '../webhooks/webhook-errors.js';
import { waitForBarrier } from '../webhooks/wait-for-barrier.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { changedProxy, maskedProxy, serializeProxy } from '../requests/proxy.js';
import type { EgressDeps } from './deps.js';

type Sealer = EgressDeps['sealer'];

export const getTenantEgress: Handler<'getTenantEgress', EgressDeps> = async ({ caller, params }, deps) => {
  const tenant = await findTenant(deps.prisma, resolveTenantId(caller, params.id));
  if (!tenant || tenant.status === 'deleted') throw tenantNotFound();
  return { status: 200, body: serializeTenantEgress(tenant, deps.sealer) };
};

export const putTenantEgress: Handler<'putTenantEgress', EgressDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const { sealer } = deps;
  const id = resolveTenantId(caller, params.id);
  const privateNetworks = [...new Set(body.privateNetworks)];
  assertOpenNetworks(privateNetworks, deps);
  const settings = (current: Tenant) => {
    const proxy = changedProxy(proxyOfTenant(current, sealer), body.proxy ?? null);
    return { privateNetworks, proxySealed: sealProxy(proxy, tenantSealingContext(id), sealer) };
  };
  const shown = (each: Tenant) => ({ proxy: maskedProxy(proxyOfTenant(each, sealer), sealer) });
  const result = await deps.change({ caller, resource: id }, (db) =>
    changeTenant(db, id, { settings, actor, shown }),
  );
  if (typeof result === 'string') throw tenantNotFound();
  // Also if nothing changes: the call may repeat one whose response was lost.
  await waitForBarrier(deps);
  return { status: 200, body: serializeTenantEgress(result.tenant, sealer) };
};

export const getWebhookEgress: Handler<'getWebhookEgress', EgressDeps> = async (
  { caller, params },
  { prisma, sealer },
) => {
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  return { status: 200, body: { proxy: serializeProxy(proxyOfWebhook(webhook, sealer)) } };
};

export const putWebhookEgress: Handler<'putWebhookEgress', EgressDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const { sealer } = deps;
  const { id } = params;
  const decide = (current: WebhookRecord) => {
    if (current.url === null) throw getsNoRequests();
    const proxy = changedProxy(proxyOfWebhook(current, sealer), body.proxy ?? null);
    return { settings: { proxySealed: sealProxy(proxy, webhookSealingContext(id), sealer) } };
  };
  const trail = webhookAuditTrail(actor, 'webhook.updated', sealer);
  const changed = await deps.change({ caller, resource: id }, (db) =>
    changeWebhook(db, { id, tenantId: caller.tenantId }, decide, trail),
  );
  if (!changed) throw webhookNotFound();
  // Also if nothing changes: the call may repeat one whose response was lost.
  await waitForBarrier(deps);
  return { status: 200, body: { proxy: serializeProxy(proxyOfWebhook(changed, sealer)) } };
};

/** @throws PosthornError if a network is not one that operators have opened for single tenants */
function assertOpenNetworks(networks: readonly string[], { outbound }: Pick<EgressDeps, 'outbound'>): void {
  const errors = networks.flatMap((network, index) =>
    isSubnet(network, outbound.privateNetworks ?? [])
      ? []
      : [fieldError(`privateNetworks[${index}]`, 'network_not_open')],
  );
  if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
}

const serializeTenantEgress = (tenant: Tenant, sealer: Sealer) => ({
  proxy: serializeProxy(proxyOfTenant(tenant, sealer)),
  privateNetworks: tenant.privateNetworks,
});

const proxyOfTenant = ({ id, proxySealed }: Tenant, sealer: Sealer): ProxySetting | null =>
  openProxy(proxySealed, tenantSealingContext(id), sealer);

const proxyOfWebhook = ({ id, proxySealed }: WebhookRecord, sealer: Sealer): ProxySetting | null =>
  openProxy(proxySealed, webhookSealingContext(id), sealer);

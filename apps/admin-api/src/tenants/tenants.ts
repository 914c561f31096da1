import {
  replacedValues,
  TENANT_SETTINGS,
  type TenantDetailsResponse,
  type TenantResponse,
} from '@posthorn/contract';
import { DEFAULT_SCOPES, effectiveQuotas, encodeId, newApiKey, newId, PosthornError } from '@posthorn/core';
import { countResources, quotasOf } from '@posthorn/database/tenancy/prisma';
import {
  createTenant as storeTenant,
  findTenant,
  findTenantId,
  listTenants as readTenants,
  type Tenant,
  updateTenant as changeTenant,
} from '@posthorn/database/tenants/prisma';
import { waitForBarrier } from '../webhooks/wait-for-barrier.js';
import type { Handler } from '../calls/handler.js';
import { assertPreconditions } from '../http/preconditions.js';
import { latestExpiry } from '../access/key-expiry.js';
import { serializePage, timeOrNull } from '../http/page.js';
import type { TenantDeps } from './deps.js';
import { settingValues, storedSettings, tenantTag } from './tenant-settings.js';
import { resolveTenantId, tenantNotFound } from '../access/tenancy.js';

const taken = () =>
  new PosthornError('conflict', { detail: 'A tenant with this name or externalId already exists' });

export const createTenant: Handler<'createTenant', TenantDeps> = async ({ caller, actor, body }, deps) => {
  const { name } = body;
  const id = newId();
  const expiresAt = latestExpiry(caller);
  const key = { id: newId(), key: newApiKey(), tenantId: id, name, scopes: DEFAULT_SCOPES, expiresAt };
  const settings = { ...storedSettings(body, deps), id, name };
  const tenant = await deps.change({ caller }, (prisma) => storeTenant(prisma, settings, key, actor));
  if (!tenant) throw taken();
  return {
    status: 201,
    headers: { etag: tenantTag(tenant) },
    body: {
      ...serializeTenant(tenant),
      key: key.key,
      keyId: encodeId('apiKey', key.id),
      keyExpiresAt: timeOrNull(expiresAt),
    },
  };
};

export const listTenants: Handler<'listTenants', TenantDeps> = async ({ query }, { prisma }) => ({
  status: 200,
  body: serializePage(await readTenants(prisma, query), serializeTenant),
});

export const getTenant: Handler<'getTenant', TenantDeps> = async ({ caller, params }, deps) => {
  const tenant = await findTenant(deps.prisma, resolveTenantId(caller, params.id));
  if (!tenant) throw tenantNotFound();
  const details = await withUsage(tenant, deps);
  const body = caller.tenantId === null ? details : asSeenByTenant(details);
  return { status: 200, headers: { etag: tenantTag(tenant) }, body };
};

/** Returns a tenant without what the operator keeps about it for its own use. */
export const asSeenByTenant = (details: TenantDetailsResponse): TenantDetailsResponse => ({
  ...details,
  tags: null,
  metadata: null,
  suspendedByName: null,
});

export const updateTenant: Handler<'updateTenant', TenantDeps> = async (
  { caller, actor, preconditions, params, body },
  deps,
) => {
  const id = resolveTenantId(caller, params.id);
  const assertUnchanged = (current: Tenant) => assertPreconditions(preconditions, tenantTag(current));
  const settings = storedSettings(body, deps);
  const result = await deps.change({ caller, resource: id }, (prisma) =>
    changeTenant(prisma, id, { settings, actor, assertUnchanged }),
  );
  if (result === 'not_found') throw tenantNotFound();
  if (result === 'taken') throw taken();
  if (result.changesRequests) await waitForBarrier(deps);
  const { tenant } = result;
  return { status: 200, headers: { etag: tenantTag(tenant) }, body: await withUsage(tenant, deps) };
};

export const putTenant: Handler<'putTenant', TenantDeps> = async (request, deps) => {
  const externalId = request.params.id;
  const id = await findTenantId(deps.prisma, externalId);
  if (id !== null) {
    const body = { name: request.body.name, ...replacedValues(TENANT_SETTINGS, request.body) };
    const replaced = { ...request, params: { id: encodeId('tenant', id) }, body };
    const { body: tenant, ...response } = await updateTenant(replaced, deps);
    return { ...response, body: { ...tenant, key: null, keyId: null, keyExpiresAt: null } };
  }
  assertPreconditions(request.preconditions, null);
  try {
    const body = { ...request.body, externalId };
    const { body: created, ...response } = await createTenant({ ...request, params: undefined, body }, deps);
    const details = {
      effectiveQuotas: effectiveQuotas(created.quotas, deps.defaultQuotas),
      defaultQuotas: deps.defaultQuotas,
      usage: USAGE_OF_NEW_TENANT,
    };
    return { ...response, body: { ...created, ...details } };
  } catch (error) {
    // Another call may have created it in the meantime.
    const isOvertaken = (await findTenantId(deps.prisma, externalId)) !== null;
    if (!isOvertaken || !(error instanceof PosthornError) || error.code !== 'conflict') throw error;
    return putTenant(request, deps);
  }
};

const USAGE_OF_NEW_TENANT = { webhooks: 0, apiKeys: 1, portalLinks: 0 };

function serializeTenant(tenant: Tenant): TenantResponse {
  const { id, name, createdAt } = tenant;
  const { status, suspendedAt, suspendReason, suspendedByName, deletedAt, purgeAt } = tenant;
  return {
    id: encodeId('tenant', id),
    name,
    ...settingValues(tenant),
    status,
    suspendedAt: timeOrNull(suspendedAt),
    suspendReason,
    suspendedByName,
    deletedAt: timeOrNull(deletedAt),
    purgeAt: timeOrNull(purgeAt),
    createdAt: createdAt.toISOString(),
  };
}

/** Returns a tenant with its quotas and its usage of them. */
export async function withUsage(
  tenant: Tenant,
  { prisma, defaultQuotas }: Pick<TenantDeps, 'prisma' | 'defaultQuotas'>,
): Promise<TenantDetailsResponse> {
  return {
    ...serializeTenant(tenant),
    effectiveQuotas: effectiveQuotas(quotasOf(tenant), defaultQuotas),
    defaultQuotas,
    usage: await countResources(prisma, tenant.id),
  };
}

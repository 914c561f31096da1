import type { TenantDetailsResponse, TenantResponse } from '@posthorn/contract';
import { effectiveQuotas, encodeId, newApiKey, newId, PosthornError } from '@posthorn/core';
import {
  countResources,
  createTenant as storeTenant,
  findTenant,
  listTenants as readTenants,
  quotasOf,
  type Tenant,
  updateTenant as changeTenant,
} from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/handler.js';
import { latestExpiry } from '../key-expiry.js';
import { serializePage, timeOrNull } from '../serializers/page.js';
import { resolveTenantId, tenantNotFound } from '../tenancy.js';
import { DEFAULT_SCOPES } from './accounts.js';

const nameTaken = () => new PosthornError('conflict', { detail: 'A tenant with this name already exists' });

export const createTenant: Handler<'createTenant'> = async ({ caller, actor, body }, { change }) => {
  const { name, contactEmail = null, quotas = {} } = body;
  const id = newId();
  const expiresAt = latestExpiry(caller);
  const key = { id: newId(), key: newApiKey(), tenantId: id, name, scopes: DEFAULT_SCOPES, expiresAt };
  const settings = { id, name, contactEmail, quotas };
  const tenant = await change({ caller }, (prisma) => storeTenant(prisma, settings, key, actor));
  if (!tenant) throw nameTaken();
  return {
    status: 201,
    body: {
      ...serializeTenant(tenant),
      key: key.key,
      keyId: encodeId('apiKey', key.id),
      keyExpiresAt: timeOrNull(expiresAt),
    },
  };
};

export const listTenants: Handler<'listTenants'> = async ({ query }, { prisma }) => ({
  status: 200,
  body: serializePage(await readTenants(prisma, query), serializeTenant),
});

export const getTenant: Handler<'getTenant'> = async ({ caller, params }, deps) => {
  const tenant = await findTenant(deps.prisma, resolveTenantId(caller, params.id));
  if (!tenant) throw tenantNotFound();
  return { status: 200, body: await withUsage(tenant, deps) };
};

export const updateTenant: Handler<'updateTenant'> = async ({ caller, actor, params, body }, deps) => {
  const id = resolveTenantId(caller, params.id);
  const result = await deps.change({ caller, resource: id }, (prisma) =>
    changeTenant(prisma, id, body, actor),
  );
  if (result === 'not_found') throw tenantNotFound();
  if (result === 'name_taken') throw nameTaken();
  return { status: 200, body: await withUsage(result, deps) };
};

function serializeTenant(tenant: Tenant): TenantResponse {
  const { id, name, contactEmail, createdAt } = tenant;
  return {
    id: encodeId('tenant', id),
    name,
    contactEmail,
    quotas: quotasOf(tenant),
    createdAt: createdAt.toISOString(),
  };
}

async function withUsage(
  tenant: Tenant,
  { prisma, defaultQuotas }: Pick<ApiDeps, 'prisma' | 'defaultQuotas'>,
): Promise<TenantDetailsResponse> {
  return {
    ...serializeTenant(tenant),
    effectiveQuotas: effectiveQuotas(quotasOf(tenant), defaultQuotas),
    usage: await countResources(prisma, tenant.id),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantDetailsResponse, TenantResponse } from '@posthorn/contract';
import {
  DEFAULT_SCOPES,
  effectiveQuotas,
  encodeId,
  LOCALES,
  newApiKey,
  newId,
  PosthornError,
} from '@posthorn/core';
import {
  countResources,
  createTenant as storeTenant,
  findTenant,
  findTenantId,
  listTenants as readTenants,
  quotasOf,
  type Tenant,
  updateTenant as changeTenant,
} from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import { tenantTag } from '../webhooks/entity-tags.js';
import type { Handler } from '../http/handler.js';
import { assertPreconditions } from '../http/preconditions.js';
import { latestExpiry } from '../access/key-expiry.js';
import { serializePage, timeOrNull } from '../http/page.js';
import { resolveTenantId, tenantNotFound } from './tenancy.js';

const taken = () =>
  new PosthornError('conflict', { detail: 'A tenant with this name or externalId already exists' });

export const createTenant: Handler<'createTenant'> = async ({ caller, actor, body }, { change }) => {
  const {
    name,
    externalId = null,
    contactEmail = null,
    locale = null,
    quotas = {},
    deliveryFormat = null,
  } = body;
  const id = newId();
  const expiresAt = latestExpiry(caller);
  const key = { id: newId(), key: newApiKey(), tenantId: id, name, scopes: DEFAULT_SCOPES, expiresAt };
  const settings = { id, name, externalId, contactEmail, locale, quotas, deliveryFormat };
  const tenant = await change({ caller }, (prisma) => storeTenant(prisma, settings, key, actor));
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

export const listTenants: Handler<'listTenants'> = async ({ query }, { prisma }) => ({
  status: 200,
  body: serializePage(await readTenants(prisma, query), serializeTenant),
});

export const getTenant: Handler<'getTenant'> = async ({ caller, params }, deps) => {
  const tenant = await findTenant(deps.prisma, resolveTenantId(caller, params.id));
  if (!tenant) throw tenantNotFound();
  return { status: 200, headers: { etag: tenantTag(tenant) }, body: await withUsage(tenant, deps) };
};

export const updateTenant: Handler<'updateTenant'> = async (
  { caller, actor, preconditions, params, body },
  deps,
) => {
  const id = resolveTenantId(caller, params.id);
  const assertUnchanged = (current: Tenant) => assertPreconditions(preconditions, tenantTag(current));
  const result = await deps.change({ caller, resource: id }, (prisma) =>
    changeTenant(prisma, id, { settings: body, actor, assertUnchanged }),
  );
  if (result === 'not_found') throw tenantNotFound();
  if (result === 'taken') throw taken();
  // A worker may have read a webhook with the earlier format just before.
  if (result.setsFormat) await sleep(deps.barrierMs);
  const { tenant } = result;
  return { status: 200, headers: { etag: tenantTag(tenant) }, body: await withUsage(tenant, deps) };
};

export const putTenant: Handler<'putTenant'> = async (request, deps) => {
  const externalId = request.params.id;
  const { name, contactEmail = null, locale = null, quotas = {}, deliveryFormat = null } = request.body;
  const id = await findTenantId(deps.prisma, externalId);
  if (id !== null) {
    const body = { name, contactEmail, locale, quotas: { ...NO_QUOTAS, ...quotas }, deliveryFormat };
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

const NO_QUOTAS = {
  webhooks: null,
  apiKeys: null,
  portalLinks: null,
  eventsPerSecond: null,
  eventBytes: null,
};

function serializeTenant(tenant: Tenant): TenantResponse {
  const { id, name, externalId, contactEmail, locale, deliveryFormat, createdAt } = tenant;
  return {
    id: encodeId('tenant', id),
    name,
    externalId,
    contactEmail,
    locale: LOCALES.find((known) => known === locale) ?? null,
    quotas: quotasOf(tenant),
    deliveryFormat,
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
    defaultQuotas,
    usage: await countResources(prisma, tenant.id),
  };
}

import type { ApiKeyAnswer } from '@posthorn/contract';
import { encodeId, newApiKey, newId, PosthornError, SCOPES, type Scope } from '@posthorn/core';
import {
  type ApiKey,
  createApiKey as storeApiKey,
  createTenant as storeTenant,
  listApiKeys as readApiKeys,
  listTenants as readTenants,
  revokeApiKey as endApiKey,
  type Tenant,
} from '@posthorn/database/definitions';
import type { ApiDeps } from '../deps.js';
import type { Caller } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { pageAnswer, timeOrNull } from '../present/page-answer.js';
import { existingTenant } from '../tenancy.js';

/** What a key may do unless it is said. */
const USUAL_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'admin');

export const createTenant: Handler<'createTenant'> = async ({ body: { name } }, { definitions }) => {
  const id = newId();
  const key = { id: newId(), key: newApiKey(), tenantId: id, name, scopes: USUAL_SCOPES };
  const tenant = await storeTenant(definitions, { id, name }, key);
  if (!tenant) throw new PosthornError('conflict', { detail: 'there is a tenant of this name already' });
  return {
    status: 201,
    body: { ...tenantAnswer(tenant), key: key.key, keyId: encodeId('apiKey', key.id) },
  };
};

export const listTenants: Handler<'listTenants'> = async ({ query }, { definitions }) => ({
  status: 200,
  body: pageAnswer(await readTenants(definitions, query), tenantAnswer),
});

export const createApiKey: Handler<'createApiKey'> = async ({ caller, body }, { definitions }) => {
  const tenantId = await keysTenant(caller, body.tenantId, definitions);
  const key = newApiKey();
  const { name, scopes = USUAL_SCOPES } = body;
  const created = await storeApiKey(definitions, { id: newId(), key, tenantId, name, scopes });
  return { status: 201, body: { ...apiKeyAnswer(created), key } };
};

export const listApiKeys: Handler<'listApiKeys'> = async ({ caller, query }, { definitions }) => {
  const tenantId = await keysTenant(caller, query.tenantId, definitions);
  return { status: 200, body: pageAnswer(await readApiKeys(definitions, tenantId, query), apiKeyAnswer) };
};

export const revokeApiKey: Handler<'revokeApiKey'> = async ({ caller, params }, { definitions }) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  if (!(await endApiKey(definitions, target))) {
    throw new PosthornError('not_found', { detail: 'there is no such API key' });
  }
  return { status: 204, body: null };
};

/** Keys are the one thing that may belong to all tenants: null, when a key for all tenants names none. */
async function keysTenant(
  caller: Caller,
  reference: string | undefined,
  definitions: ApiDeps['definitions'],
): Promise<string | null> {
  if (caller.tenantId === null && reference === undefined) return null;
  return existingTenant(definitions, caller, reference);
}

function tenantAnswer({ id, name, createdAt }: Tenant) {
  return { id: encodeId('tenant', id), name, createdAt: createdAt.toISOString() };
}

function apiKeyAnswer(key: ApiKey): ApiKeyAnswer {
  return {
    id: encodeId('apiKey', key.id),
    name: key.name,
    prefix: key.prefix,
    tenantId: key.tenantId === null ? null : encodeId('tenant', key.tenantId),
    scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
    createdAt: key.createdAt.toISOString(),
    revokedAt: timeOrNull(key.revokedAt),
  };
}

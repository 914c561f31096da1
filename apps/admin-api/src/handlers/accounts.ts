import type { ApiKeyResponse } from '@posthorn/contract';
import { encodeId, newApiKey, newId, PosthornError, SCOPES, type Scope } from '@posthorn/core';
import {
  type ApiKey,
  createApiKey as storeApiKey,
  listApiKeys as readApiKeys,
  revokeApiKey as endApiKey,
  rotateApiKey as replaceApiKey,
} from '@posthorn/database/prisma';
import { countedIn } from '../changes.js';
import type { Handler } from '../http/handler.js';
import { expiryOfNewKey, latestExpiry } from '../key-expiry.js';
import { serializePage, timeOrNull } from '../serializers/page.js';
import { listedTenantOrAll, notSystem } from '../tenancy.js';

/** Default scopes of a new key. */
export const DEFAULT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'admin');

const HOUR_MS = 3_600_000;

const apiKeyNotFound = () => new PosthornError('not_found', { detail: 'API key not found' });

export const createApiKey: Handler<'createApiKey'> = async ({ caller, actor, body }, deps) => {
  const { prisma, change, defaultQuotas } = deps;
  const tenantId = notSystem(await listedTenantOrAll(prisma, caller, body.tenantId));
  const key = newApiKey();
  const { name, scopes = DEFAULT_SCOPES } = body;
  const expiresAt = expiryOfNewKey(caller, body.expiresAt ?? null);
  const defaultQuota = defaultQuotas.apiKeys;
  const fields = { id: newId(), key, tenantId, name, scopes, expiresAt, defaultQuota };
  const created = await change({ caller, ...countedIn(tenantId) }, (db) => storeApiKey(db, fields, actor));
  return { status: 201, body: { ...serializeApiKey(created), key } };
};

export const listApiKeys: Handler<'listApiKeys'> = async ({ caller, query }, { prisma }) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  return {
    status: 200,
    body: serializePage(await readApiKeys(prisma, tenantId, query), serializeApiKey),
  };
};

export const revokeApiKey: Handler<'revokeApiKey'> = async ({ caller, actor, params }, { change }) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const resource = params.id;
  const isFound = await change({ caller, resource }, (prisma) => endApiKey(prisma, target, actor));
  if (!isFound) throw apiKeyNotFound();
  return { status: 204, body: null };
};

export const rotateApiKey: Handler<'rotateApiKey'> = async ({ caller, actor, params, body }, deps) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const key = newApiKey();
  const replacement = {
    key,
    overlapMs: body.overlapHours * HOUR_MS,
    expiresAt: body.expiresAt ? expiryOfNewKey(caller, body.expiresAt) : null,
    latestExpiresAt: latestExpiry(caller),
    defaultQuota: deps.defaultQuotas.apiKeys,
  };
  const rotation = await deps.change({ caller, resource: params.id }, (prisma) =>
    replaceApiKey(prisma, target, replacement, actor),
  );
  switch (rotation.kind) {
    case 'not_found':
      throw apiKeyNotFound();
    case 'inactive':
      throw new PosthornError('invalid_state', {
        detail: 'The key is expired or revoked. Create a new one.',
      });
    case 'rotated':
      return { status: 201, body: { ...serializeApiKey(rotation.key), key } };
  }
};

/** Serializes the tenant of a key; null for all tenants. */
export function serializeTenantId(tenantId: string | null): string | null {
  return tenantId === null ? null : encodeId('tenant', tenantId);
}

export function serializeScopes(scopes: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

function serializeApiKey(key: ApiKey): ApiKeyResponse {
  return {
    id: encodeId('apiKey', key.id),
    name: key.name,
    prefix: key.prefix,
    tenantId: serializeTenantId(key.tenantId),
    scopes: serializeScopes(key.scopes),
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: timeOrNull(key.lastUsedAt),
    expiresAt: timeOrNull(key.expiresAt),
    revokedAt: timeOrNull(key.revokedAt),
  };
}

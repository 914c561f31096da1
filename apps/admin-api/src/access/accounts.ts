import { DEFAULT_SCOPES, newApiKey, newId, PosthornError } from '@posthorn/core';
import {
  createApiKey as storeApiKey,
  findApiKey,
  listApiKeys as readApiKeys,
  revokeApiKey as endApiKey,
  rotateApiKey as replaceApiKey,
} from '@posthorn/database/prisma';
import { countedIn } from '../http/changes.js';
import type { Handler } from '../http/handler.js';
import { expiryOfNewKey, latestExpiry } from './key-expiry.js';
import { serializeApiKey } from './api-key.js';
import { serializePage } from '../http/page.js';
import { listedTenantOrAll, notSystem } from '../tenants/tenancy.js';

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

export const getApiKey: Handler<'getApiKey'> = async ({ caller, params }, { prisma }) => {
  const key = await findApiKey(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!key) throw apiKeyNotFound();
  return { status: 200, body: serializeApiKey(key) };
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

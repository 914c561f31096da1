import { DEFAULT_SCOPES, newApiKey, newId, PosthornError, type Role, type Scope } from '@posthorn/core';
import {
  type ApiKeyReach,
  createApiKey as storeApiKey,
  findApiKey,
  listApiKeys as readApiKeys,
  revokeApiKey as endApiKey,
  rotateApiKey as replaceApiKey,
} from '@posthorn/database/access/prisma';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { type Caller, hasScope } from '../access/authenticate.js';
import { countedIn } from '../calls/changes.js';
import type { Handler } from '../calls/handler.js';
import { expiryOfNewKey, latestExpiry } from '../access/key-expiry.js';
import type { CredentialDeps } from './deps.js';
import { serializeApiKey } from './api-key.js';
import { serializePage } from '../http/page.js';
import { listedTenantOrAll, notSystem, requireTenant } from '../access/tenancy.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';

const HOUR_MS = 3_600_000;

const apiKeyNotFound = () => new PosthornError('not_found', { detail: 'API key not found' });

export const createApiKey: Handler<'createApiKey', CredentialDeps> = async (
  { caller, actor, body },
  deps,
) => {
  const { change, defaultQuotas } = deps;
  const { name, webhookId } = body;
  const tenantId = await tenantOfNewKey(caller, body, deps);
  const tenantIds = body.tenantIds ? await tenantsOfNewKey(caller, body.tenantIds, deps) : null;
  const key = newApiKey();
  const expiresAt = expiryOfNewKey(caller, body.expiresAt ?? null);
  const defaultQuota = defaultQuotas.apiKeys;
  const fields = {
    id: newId(),
    key,
    tenantId,
    tenantIds,
    webhookId: webhookId ?? null,
    name,
    ...rightsOfNewKey(body),
    expiresAt,
    defaultQuota,
  };
  const created = await change({ caller, ...countedIn(tenantId) }, (db) => storeApiKey(db, fields, actor));
  return { status: 201, body: { ...serializeApiKey(created), key } };
};

/** Returns the role of a new key, or its own scopes. */
function rightsOfNewKey({ role, scopes, webhookId }: NewRights): {
  role: Role | null;
  scopes: readonly Scope[];
} {
  if (role !== undefined) return { role, scopes: [] };
  return { role: null, scopes: webhookId === undefined ? (scopes ?? DEFAULT_SCOPES) : FEED_SCOPES };
}

interface NewRights {
  role?: Role | undefined;
  scopes?: readonly Scope[] | undefined;
  webhookId?: string | undefined;
}

/** The only scopes of a key for the feed of one webhook. */
const FEED_SCOPES: readonly Scope[] = ['feed:read'];

/** Returns the tenant of a new key; null for all tenants. @throws PosthornError if the caller may not create this key */
async function tenantOfNewKey(
  caller: Caller,
  { tenantId, webhookId }: { tenantId?: string | undefined; webhookId?: string | undefined },
  { prisma }: Pick<CredentialDeps, 'prisma'>,
): Promise<string | null> {
  if (webhookId === undefined && !hasScope(caller, 'admin'))
    throw new PosthornError('forbidden', { detail: 'A key without `webhookId` requires the scope admin' });
  const named = notSystem(await listedTenantOrAll(prisma, caller, tenantId));
  if (webhookId === undefined) return named;
  const webhook = await findWebhook(prisma, { id: webhookId, tenantId: named });
  if (!webhook) throw webhookNotFound();
  return webhook.tenantId;
}

/** Returns the tenants that a new key is limited to. @throws PosthornError if one does not exist */
async function tenantsOfNewKey(
  caller: Caller,
  references: readonly string[],
  { prisma }: Pick<CredentialDeps, 'prisma'>,
): Promise<string[]> {
  const tenantIds = await Promise.all(
    references.map((reference) => requireTenant(prisma, caller, reference)),
  );
  return [...new Set(tenantIds)];
}

/** Returns which keys a caller manages: with the scope `admin` all of its tenant, otherwise those of feeds. */
const reachOf = (caller: Caller): ApiKeyReach => ({
  tenantId: caller.tenantId,
  onlyFeedKeys: !hasScope(caller, 'admin'),
});

/** Returns which keys a caller sees, as `reachOf`. */
const visibleTo = (caller: Caller, tenantId = caller.tenantId): ApiKeyReach => ({
  tenantId,
  onlyFeedKeys: !hasScope(caller, 'admin:read'),
});

export const listApiKeys: Handler<'listApiKeys', CredentialDeps> = async ({ caller, query }, { prisma }) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const { webhookId } = query;
  const page = await readApiKeys(prisma, { ...visibleTo(caller, tenantId), webhookId }, query);
  return { status: 200, body: serializePage(page, serializeApiKey) };
};

export const getApiKey: Handler<'getApiKey', CredentialDeps> = async ({ caller, params }, { prisma }) => {
  const key = await findApiKey(prisma, { id: params.id, ...visibleTo(caller) });
  if (!key) throw apiKeyNotFound();
  return { status: 200, body: serializeApiKey(key) };
};

export const revokeApiKey: Handler<'revokeApiKey', CredentialDeps> = async (
  { caller, actor, params },
  { change },
) => {
  const target = { id: params.id, ...reachOf(caller) };
  const resource = params.id;
  const isFound = await change({ caller, resource }, (prisma) => endApiKey(prisma, target, actor));
  if (!isFound) throw apiKeyNotFound();
  return { status: 204, body: null };
};

export const rotateApiKey: Handler<'rotateApiKey', CredentialDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, ...reachOf(caller) };
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

import type { ApiKeyResponse } from '@posthorn/contract';
import { encodeId, type Role, SCOPES, type Scope, scopesOfKey } from '@posthorn/core';
import type { ApiKey } from '@posthorn/database/access/prisma';
import { timeOrNull } from '../http/page.js';

/** Serializes the tenant of a key; null for all tenants. */
export function serializeTenantId(tenantId: string | null): string | null {
  return tenantId === null ? null : encodeId('tenant', tenantId);
}

/** Serializes the only tenants of a key; null for other keys. */
export const serializeTenantIds = (tenantIds: readonly string[] | null): string[] | null =>
  tenantIds && tenantIds.map((id) => encodeId('tenant', id));

export function serializeScopes(scopes: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

export function serializeApiKey(key: ApiKey): ApiKeyResponse {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the column has no other values
  const role = key.role as Role | null;
  return {
    id: encodeId('apiKey', key.id),
    name: key.name,
    prefix: key.prefix,
    tenantId: serializeTenantId(key.tenantId),
    tenantIds: serializeTenantIds(key.tenantIds.length > 0 ? key.tenantIds : null),
    role,
    scopes: scopesOfKey(role, serializeScopes(key.scopes)),
    webhookId: key.webhookId && encodeId('webhook', key.webhookId),
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: timeOrNull(key.lastUsedAt),
    expiresAt: timeOrNull(key.expiresAt),
    revokedAt: timeOrNull(key.revokedAt),
  };
}

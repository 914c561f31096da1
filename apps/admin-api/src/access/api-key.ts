import type { ApiKeyResponse } from '@posthorn/contract';
import { encodeId, SCOPES, type Scope } from '@posthorn/core';
import type { ApiKey } from '@posthorn/database/prisma';
import { timeOrNull } from '../http/page.js';

/** Serializes the tenant of a key; null for all tenants. */
export function serializeTenantId(tenantId: string | null): string | null {
  return tenantId === null ? null : encodeId('tenant', tenantId);
}

export function serializeScopes(scopes: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

export function serializeApiKey(key: ApiKey): ApiKeyResponse {
  return {
    id: encodeId('apiKey', key.id),
    name: key.name,
    prefix: key.prefix,
    tenantId: serializeTenantId(key.tenantId),
    scopes: serializeScopes(key.scopes),
    webhookId: key.webhookId && encodeId('webhook', key.webhookId),
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: timeOrNull(key.lastUsedAt),
    expiresAt: timeOrNull(key.expiresAt),
    revokedAt: timeOrNull(key.revokedAt),
  };
}

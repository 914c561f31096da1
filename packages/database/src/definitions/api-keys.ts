import { hashApiKey, newId, type Scope } from '@posthorn/core';
import type { ApiKey } from '../generated/client.js';
import type { Definitions, DefinitionsTransaction } from './client.js';
import { type Page, type PageRequest, toPage } from './page.js';

export interface NewApiKey {
  id: string;
  key: string;
  tenantId: string | null;
  name: string;
  scopes: readonly Scope[];
}

/** How a key begins: enough to tell keys apart, and nothing to guess the rest from. */
const PREFIX_LENGTH = 12;

function keyColumns({ key, scopes, ...row }: NewApiKey) {
  return {
    ...row,
    scopes: [...scopes],
    keyHash: new Uint8Array(hashApiKey(key)),
    prefix: key.slice(0, PREFIX_LENGTH),
  };
}

/** Stores what is needed to know the key again, not the key. */
export async function createApiKey(
  definitions: Pick<Definitions | DefinitionsTransaction, 'apiKey'>,
  key: NewApiKey,
): Promise<ApiKey> {
  return definitions.apiKey.create({ data: keyColumns(key) });
}

/** Keys, newest first. @param tenantId null for those of every tenant and of none */
export async function listApiKeys(
  definitions: Definitions,
  tenantId: string | null,
  { limit, cursor }: PageRequest,
): Promise<Page<ApiKey>> {
  const rows = await definitions.apiKey.findMany({
    where: { ...(tenantId !== null && { tenantId }), ...(cursor !== undefined && { id: { lt: cursor } }) },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Ends a key at once. An ended one stays ended since when it was. @returns false when there is no such key */
export async function revokeApiKey(
  definitions: Definitions,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<boolean> {
  const mine = { id, ...(tenantId !== null && { tenantId }) };
  const { count } = await definitions.apiKey.updateMany({
    where: { ...mine, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  return count > 0 || (await definitions.apiKey.count({ where: mine })) > 0;
}

/**
 * Makes the key from the configuration a key for all tenants with the scope `admin`. As often as it is called; the
 * configuration has the last word over a key that was revoked.
 */
export async function registerAdminKey(definitions: Definitions, key: string): Promise<void> {
  const admin = { tenantId: null, name: 'POSTHORN_ADMIN_KEY', scopes: ['admin'] as const };
  const { id: _, ...columns } = keyColumns({ id: '', key, ...admin });
  await definitions.apiKey.upsert({
    where: { keyHash: columns.keyHash },
    create: { id: newId(), ...columns },
    update: { ...columns, revokedAt: null },
  });
}

import { expect, it } from '@jest/globals';
import { hashApiKey, newApiKey, newId, SYSTEM } from '@posthorn/core';
import { createApiKey } from '../src/access/api-keys.js';
import { findActiveApiKeys } from '../src/access/find-active-api-keys.js';
import { addTenant } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** Creates a key of a tenant. Returns its hash. */
async function addKey(tenantId: string): Promise<Buffer> {
  const key = newApiKey();
  const settings = { name: 'ci', scopes: ['events:write'] as const, expiresAt: null, defaultQuota: 10 };
  await createApiKey(db.prisma, { id: newId(), key, tenantId, ...settings }, SYSTEM);
  return hashApiKey(key);
}

it('finds the keys of all tenants except deleted ones', async () => {
  const [tenantId, deletedId] = [await addTenant(db.pool), await addTenant(db.pool)];
  const hashes = [await addKey(tenantId), await addKey(deletedId)];
  expect(await findActiveApiKeys(db.pool, hashes)).toMatchObject([{ tenantId }, { tenantId: deletedId }]);
  await db.pool.query(`UPDATE tenant SET status = 'deleted' WHERE id = $1`, [deletedId]);
  expect(await findActiveApiKeys(db.pool, hashes)).toEqual([
    expect.objectContaining({ tenantId }),
    undefined,
  ]);
});

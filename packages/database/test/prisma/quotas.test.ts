import { describe, expect, it } from '@jest/globals';
import { newApiKey, newId, PosthornError, SYSTEM } from '@posthorn/core';
import { createApiKey } from '../../src/access/api-keys.js';
import { createPortalKey } from '../../src/access/derived-keys.js';
import { readEventQuotas } from '../../src/events/read-event-quotas.js';
import { addTenant } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();

const NEW_KEY = { name: '', scopes: [], expiresAt: null };

/** Creates a key. Returns whether the quota allowed it. */
const createKey = (tenantId: string | null, defaultQuota: number): Promise<boolean> =>
  isAllowed(
    createApiKey(db.prisma, { ...NEW_KEY, id: newId(), key: newApiKey(), tenantId, defaultQuota }, SYSTEM),
  );

const isAllowed = (creation: Promise<unknown>): Promise<boolean> =>
  creation.then(
    () => true,
    (error: unknown) => {
      if (error instanceof PosthornError && error.code === 'quota_exceeded') return false;
      throw error;
    },
  );

describe('a quota', () => {
  it('is exact when several processes create at the same time', async () => {
    const tenantId = await addTenant(db.pool);
    await createKey(tenantId, 2);
    const results = await Promise.all(Array.from({ length: 8 }, () => createKey(tenantId, 2)));
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it("is the tenant's own, or else the default", async () => {
    const tenantId = await addTenant(db.pool);
    await db.pool.query('UPDATE tenant SET quota_api_keys = 1 WHERE id = $1', [tenantId]);
    expect([await createKey(tenantId, 0), await createKey(tenantId, 10)]).toEqual([true, false]);
  });

  it('applies to no key for all tenants', async () => {
    expect(await createKey(null, 0)).toBe(true);
  });

  it('of portal links ignores API keys and the other way around', async () => {
    const tenantId = await addTenant(db.pool);
    const parentId = newId();
    const parent = { ...NEW_KEY, id: parentId, key: newApiKey(), tenantId, defaultQuota: 1 };
    await createApiKey(db.prisma, parent, SYSTEM);
    const expiresAt = new Date(Date.now() + 60_000);
    const createLink = () =>
      isAllowed(
        createPortalKey(
          db.prisma,
          {
            ...NEW_KEY,
            id: newId(),
            kind: 'portal',
            role: 'viewer',
            parentId,
            key: newApiKey(),
            tenantId,
            features: [],
            settings: {},
            expiresAt,
            defaultQuota: 1,
          },
          SYSTEM,
        ),
      );
    expect([await createLink(), await createLink(), await createKey(tenantId, 2)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('readEventQuotas', () => {
  it('returns the quotas of each tenant in order, none for an unknown tenant', async () => {
    const tenantId = await addTenant(db.pool);
    await db.pool.query(
      'UPDATE tenant SET quota_events_per_second = 5, quota_event_bytes = 900 WHERE id = $1',
      [tenantId],
    );
    const none = { eventsPerSecond: null, eventBytes: null };
    const own = { eventsPerSecond: 5, eventBytes: 900 };
    const ids = [newId(), tenantId, await addTenant(db.pool), tenantId];
    expect(await readEventQuotas(db.pool, ids)).toEqual([none, own, none, own]);
  });
});

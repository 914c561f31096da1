// Sign-ins are listed apart from the other entries of the audit log, which are many more, or many fewer.
import { beforeAll, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { listAuditEntries } from '../../src/audit/list-audit-entries.js';
import { openPrisma } from '../../src/prisma-client/client.js';
import { explainScans, type Statement } from '../fixtures/explain-scans.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();
const LIMIT = 50;
const tenantId = newId();

beforeAll(async () => {
  await db.pool.query(
    `INSERT INTO audit_entry (id, tenant_id, actor_name, action, target)
     SELECT posthorn_uuidv7(), CASE WHEN n % 2 = 0 THEN $1::uuid END, 'a',
       CASE WHEN n < 10 THEN 'session.created' WHEN n < 20 THEN 'sign_in.failed' ELSE 'webhook.updated' END, 'a'
     FROM generate_series(1, 20000) AS n`,
    [tenantId],
  );
  await db.pool.query('VACUUM ANALYZE audit_entry');
});

it.each([null, tenantId])(
  'lists the sign-ins of the tenant %s without reading the other entries',
  async (id) => {
    const statements: Statement[] = [];
    const spy = new Proxy(db.pool, {
      get(pool, name) {
        if (name !== 'query') return Reflect.get(pool, name);
        return (query: Statement) => {
          statements.push({ text: query.text, values: query.values });
          return pool.query(query);
        };
      },
    });
    const { items } = await listAuditEntries(
      openPrisma(spy),
      { tenantId: id, signIns: true },
      { limit: LIMIT },
    );
    expect(items).toHaveLength(id === null ? 19 : 9);
    const scans = await Promise.all(statements.map((statement) => explainScans(db.pool, statement)));
    expect(scans.flat()).not.toEqual([]);
    for (const { rows } of scans.flat()) expect(rows).toBeLessThanOrEqual(LIMIT);
  },
);

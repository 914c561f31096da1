// The purge of the audit entries of a tenant, which takes many batches.
import { beforeEach, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { RunningErasure } from '../src/erasures/erasure.js';
import { advanceErasure, listRunningErasures } from '../src/erasures/run-erasure.js';
import type { Pool } from 'pg';
import { explainScans, type Statement } from './fixtures/explain-scans.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const BATCH = 1000;
let tenantId: string;
let erasureId: string;

beforeEach(async () => {
  [tenantId, erasureId] = [newId(), newId()];
  await db.pool.query('TRUNCATE audit_entry, erasure CASCADE');
  await db.pool.query(
    `INSERT INTO erasure (id, tenant_id, covers_until, phase, total) VALUES ($1, $2, now(), 'purge_auditEntries', 0)`,
    [erasureId, tenantId],
  );
});

/** Adds entries that are already chained, or not yet. */
const addEntries = (count: number, { areChained = true, id = 'posthorn_uuidv7()' } = {}) =>
  db.pool.query(
    `INSERT INTO audit_entry (id, tenant_id, actor_name, actor_tenant_id, action, target, after, client_address, salt)
     SELECT ${id}, $1, 'deploy', $1, 'webhook.updated', 'a', '{"url": "https://a.example"}', '192.0.2.1', ${areChained ? `'\\x01'` : 'NULL'}
     FROM generate_series(1, $2::integer)`,
    [tenantId, count],
  );

const stored = async (): Promise<RunningErasure> => {
  const [erasure] = await listRunningErasures(db.pool);
  if (!erasure) throw new Error('the erasure has ended');
  return erasure;
};

const deps = {
  erasePushes: async () => true,
  rewriteFiles: async () => 0,
  onDropped: async () => {},
};

const advance = async (pool: Pool = db.pool) => advanceErasure(await stored(), { pool, ...deps });

async function finish(): Promise<void> {
  while ((await stored()).phase === 'purge_auditEntries') await advance();
}

/** Returns what is left of the entries, and how many were counted. */
async function left() {
  const { rows } = await db.pool.query(
    `SELECT count(*)::integer AS count, count(*) FILTER (WHERE client_address IS NOT NULL OR salt IS NOT NULL
       OR actor_name <> 'erased' OR after <> '{"url": null}')::integer AS unerased FROM audit_entry`,
  );
  const { rows: erasures } = await db.pool.query('SELECT counts FROM erasure');
  return { ...rows[0], counted: erasures[0]?.counts.auditEntries };
}

it('erases each entry once, chained or not', async () => {
  await addEntries(2 * BATCH + 300);
  await addEntries(10, { areChained: false });
  await finish();
  expect(await left()).toEqual({ count: 2310, unerased: 0, counted: 2310 });
});

it('erases an entry that is committed late, before those that are erased', async () => {
  await addEntries(BATCH + 1);
  await advance();
  await addEntries(1, { id: `'01970000-0000-7000-8000-000000000001'::uuid` });
  await finish();
  expect(await left()).toEqual({ count: BATCH + 2, unerased: 0, counted: BATCH + 2 });
});

it('does not read again what is erased', async () => {
  await addEntries(5 * BATCH);
  await db.pool.query('ANALYZE audit_entry');
  for (let batch = 0; batch < 3; batch += 1) await advance();
  const statements: Statement[] = [];
  const spy = {
    query: (text: string, values: unknown[]) => (statements.push({ text, values }), { rows: [{ count: 1 }] }),
  };
  await advance(spy as unknown as Pool);
  const scans = await Promise.all(statements.map((statement) => explainScans(db.pool, statement)));
  const rows = scans.flat().filter(({ name }) => name.endsWith('audit_entry'));
  expect(rows.length).toBeGreaterThan(0);
  for (const scan of rows) expect(scan.rows).toBeLessThanOrEqual(BATCH);
});

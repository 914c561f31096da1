import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPartitions, loadDeliveries, type Pool, recordAttempts } from '../src/index.js';
import { addTenant, addWebhook, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const FIRST_DAY = new Date('2031-01-01T00:00:00Z');
const DAYS = 8;
const ROWS_A_DAY = 1500;

/** Deliveries of the third day. */
let idsOfOneDay: string[];

beforeAll(async () => {
  await createPartitions(db.pool, FIRST_DAY);
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId });
  const moment = `(timestamptz '${FIRST_DAY.toISOString()}' + day * interval '1 day' + n * interval '1 s')`;
  // A UUIDv7 of the moment: the same for the event and its delivery.
  const id = `overlay(gen_random_uuid()::text PLACING substr(posthorn_uuid_floor(${moment})::text, 1, 14) || '7' FROM 1)::uuid`;
  await db.pool.query(
    `WITH made AS MATERIALIZED (
       SELECT ${id} AS id, ${moment} AS moment
       FROM generate_series(0, ${DAYS - 1}) AS day, generate_series(1, ${ROWS_A_DAY}) AS n
     ), events AS (
       INSERT INTO event (id, tenant_id, published_at, type, body) SELECT id, $1, moment, 'a', repeat('x', 200) FROM made
     )
     INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
     SELECT id, id, $2, $1, moment, 0 FROM made`,
    [tenantId, webhookId],
  );
  await db.pool.query('ANALYZE');
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM delivery_20310103 LIMIT 20');
  idsOfOneDay = rows.map((row) => row.id);
});

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Loops': number;
  Plans?: PlanNode[];
}

/** The scans of tables that a statement of ours really made: `Index Scan delivery_20310103`. */
async function scansOf(run: (pool: Pool) => Promise<unknown>): Promise<string[]> {
  const statements: [string, unknown[]][] = [];
  // Catches the statement instead of running it.
  const spy = { query: (...statement: [string, unknown[]]) => (statements.push(statement), { rows: [] }) };
  await run(spy as unknown as Pool);
  const [sql, values] = statements[0] ?? ['', []];

  const client = await db.pool.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`,
    values,
  );
  await client.query('ROLLBACK');
  client.release();
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  return plan ? [...new Set(scansBelow(plan))].toSorted() : [];
}

function scansBelow(node: PlanNode): string[] {
  const own =
    node['Node Type'].endsWith('Scan') && node['Relation Name'] && node['Actual Loops'] > 0
      ? [`${node['Node Type']} ${node['Relation Name']}`]
      : [];
  return [...own, ...(node.Plans ?? []).flatMap(scansBelow)];
}

const ofTable = (scans: string[], table: string) =>
  scans.filter((scan) => new RegExp(` ${table}_`).test(scan));

describe('the plan of loading', () => {
  it('looks only at the day of the deliveries, by index', async () => {
    const scans = await scansOf((pool) => loadDeliveries(pool, idsOfOneDay));
    expect(ofTable(scans, 'delivery')).toEqual([
      expect.stringMatching(/^(Index|Bitmap Heap) Scan delivery_20310103$/),
    ]);
    expect(ofTable(scans, 'event')).toEqual(['Index Scan event_20310103']);
  });
});

describe('the plan of recording', () => {
  it('looks only at the day of the deliveries, by index', async () => {
    const scans = await scansOf((pool) =>
      recordAttempts(
        pool,
        idsOfOneDay.map((id) => successOf(id)),
      ),
    );
    expect(ofTable(scans, 'delivery')).toEqual([
      expect.stringMatching(/^(Index|Bitmap Heap) Scan delivery_20310103$/),
    ]);
  });
});

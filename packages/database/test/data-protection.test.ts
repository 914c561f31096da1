// The statistics of PostgreSQL have no content.
import { expect, it } from '@jest/globals';
import { createPartitions } from '../src/retention/create-partitions.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('the statistics of PostgreSQL have no values of content, also of partitions that are created later', async () => {
  await createPartitions(db.pool, new Date('2020-01-01'));
  await db.pool.query(`SELECT posthorn_use_history_days(10, current_date, current_date + 1)`);
  const { rows } = await db.pool.query<{ name: string }>(
    `SELECT attrelid::regclass || '.' || attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.attstattarget IS DISTINCT FROM 0
       AND attname IN ('body', 'deflated_body', 'context', 'response_body', 'response_headers', 'error_message', 'payload')`,
  );
  expect(rows).toEqual([]);
  await db.pool.query(
    `INSERT INTO rejected_event (id, source, code, message, payload)
     SELECT posthorn_uuidv7(), 'queue', 'invalid_input', 'no', 'payload-of-a-person' FROM generate_series(1, 5)`,
  );
  await db.pool.query('ANALYZE rejected_event');
  const samples = await db.pool.query<{ column: string }>(
    `SELECT attname AS column FROM pg_stats WHERE tablename = 'rejected_event' ORDER BY 1`,
  );
  expect(samples.rows.map(({ column }) => column)).toEqual([
    'code',
    'created_at',
    'id',
    'source',
    'tenant_id',
  ]);
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { derivedId } from '@posthorn/core';
import { type FreshDatabase, freshDatabase } from '@posthorn/testkit';
import { connect, type Database } from '../src/connection/connect.js';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { deleteExpired } from '../src/retention/delete-expired.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import type { Pool } from 'pg';
import { makePending } from '../src/deliveries/make-pending.js';
import { addPastRows, dailyTables, createPartitionsFor } from './fixtures/past-day-rows.js';
import { settle } from './fixtures/outcomes.js';
import { addWebhook } from './fixtures/rows.js';
import { waitUntilBlocked } from './fixtures/wait-until-blocked.js';

let fresh: FreshDatabase;
let database: Database;
let pool: Pool;
beforeEach(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
  pool = database.pool;
  // The usage of all rows is counted.
  await pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
});
afterEach(async () => {
  await database.stop();
  await fresh.drop();
});

const NOW = new Date();
/** Everything before January 3, 2020 has expired. */
const CUTOFFS = {
  record: '2020-01-03',
  payload: '2020-01-03',
  today: '2020-01-03',
  counted: '2020-01-03',
  audit: NOW,
  stats: NOW,
  usage: '2020-01-03',
  now: NOW,
};
const SHORTER_PAYLOAD = { ...CUTOFFS, record: '2020-01-01' };
const DAY_1 = '2020-01-01T12:00:00Z';
const DAY_2 = '2020-01-02T12:00:00Z';
const DAY_3 = '2020-01-03T12:00:00Z';

async function count(table: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]?.count ?? -1;
}

describe('retentionCutoffs', () => {
  const at = new Date('2026-03-01T15:00:00Z');

  it('returns the first day whose last moment is within the retention', () => {
    expect(retentionCutoffs({ recordDays: 60, payloadDays: null, auditDays: 90 }, at)).toEqual({
      record: '2025-12-31',
      payload: '2025-12-31',
      today: '2026-03-01',
      counted: '2026-03-01',
      audit: new Date('2025-12-01T15:00:00Z'),
      usage: '2024-03-01',
      stats: new Date('2026-01-30T15:00:00Z'),
      now: at,
    });
    expect(retentionCutoffs({ recordDays: 60, payloadDays: 7, auditDays: 90 }, at)).toMatchObject({
      record: '2025-12-31',
      payload: '2026-02-22',
    });
  });

  it('keeps payloads and statistics no longer than records', () => {
    expect(retentionCutoffs({ recordDays: 1, payloadDays: 7, auditDays: 90 }, at)).toMatchObject({
      record: '2026-02-28',
      payload: '2026-02-28',
      stats: new Date('2026-02-28T15:00:00Z'),
    });
  });
});

const TABLES = ['earlier_attempt', 'event', 'event_search_value', 'settled_delivery'] as const;

/** Runs until nothing has timed out: while the machine stands still, the check of a partition may take longer than it may. */
async function dropExpired(
  cutoffs: Parameters<typeof dropExpiredPartitions>[1],
): ReturnType<typeof dropExpiredPartitions> {
  let run = await dropExpiredPartitions(pool, cutoffs);
  const { dropped } = run;
  while (run.timedOut !== null) {
    run = await dropExpiredPartitions(pool, cutoffs);
    for (const table of TABLES) dropped[table] += run.dropped[table];
  }
  return { ...run, dropped };
}

describe('dropExpiredPartitions', () => {
  it('drops expired partitions only', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-04');
    for (const day of [DAY_1, DAY_2, '2020-01-02T23:59:59.999Z', '2020-01-03T00:00:00Z'])
      await addPastRows(pool, day);
    const others = await count('pg_inherits');
    expect(await dropExpired(CUTOFFS)).toEqual({
      dropped: { event: 2, event_search_value: 2, settled_delivery: 2, earlier_attempt: 2 },
      needed: [],
      timedOut: null,
    });
    expect(await dailyTables(pool, 2020)).toEqual(
      TABLES.flatMap((table) => [`${table}_20200103`, `${table}_20200104`]),
    );
    expect([await count('event'), await count('delivery'), await count('attempt')]).toEqual([1, 1, 2]);
    // Tables and their indexes are gone.
    expect(await count('pg_inherits')).toBeLessThan(others);
    expect((await dropExpired(CUTOFFS)).dropped).toEqual({
      event: 0,
      event_search_value: 0,
      settled_delivery: 0,
      earlier_attempt: 0,
    });
  });

  it('drops events before their deliveries with a shorter payload retention', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-03');
    for (const day of [DAY_1, DAY_2, DAY_3]) await addPastRows(pool, day);
    expect((await dropExpired(SHORTER_PAYLOAD)).dropped).toEqual({
      event: 2,
      event_search_value: 2,
      settled_delivery: 0,
      earlier_attempt: 0,
    });
    expect([await count('event'), await count('delivery'), await count('attempt')]).toEqual([1, 3, 6]);
  });

  it('allows concurrent runs', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-02');
    const runs = await Promise.allSettled([1, 2].map(() => dropExpired(CUTOFFS)));
    expect(runs).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(await dailyTables(pool, 2020)).toEqual([]);
  });

  it('checks a partition that another run detaches meanwhile', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-01');
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query(`SELECT posthorn_detach_partition('settled_delivery_class_0', '2020-01-01')`);
    const dropping = dropExpired(CUTOFFS);
    await waitUntilBlocked(pool, 'posthorn_partition_is_needed');
    await other.query('COMMIT');
    other.release();
    expect(await dropping).toMatchObject({ needed: [], timedOut: null });
    expect(await dailyTables(pool, 2020)).toEqual([]);
  });
});

describe('a pending delivery', () => {
  it('keeps all partitions of its day until it is settled', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-02');
    await addPastRows(pool, DAY_1);
    const { deliveryId } = await addPastRows(pool, DAY_2, {
      status: 'pending',
      webhookId: await addWebhook(pool),
    });
    expect(await dropExpired(CUTOFFS)).toEqual({
      dropped: { event: 1, event_search_value: 1, settled_delivery: 1, earlier_attempt: 1 },
      needed: [
        'settled_delivery_20200102',
        'event_20200102',
        'event_search_value_20200102',
        'earlier_attempt_20200102',
      ],
      timedOut: null,
    });
    expect(await loadDeliveries(pool, [deliveryId])).toEqual([expect.objectContaining({ body: '{}' })]);
    await settle(pool, [deliveryId], 'succeeded');
    expect(await dropExpired(CUTOFFS)).toMatchObject({
      dropped: { event: 1, settled_delivery: 1, earlier_attempt: 1 },
      needed: [],
    });
  });

  it('keeps its event if it becomes pending during the drop', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-01');
    const { eventId, deliveryId } = await addPastRows(pool, DAY_1);
    const retry = await pool.connect();
    await retry.query('BEGIN');
    await retry.query('SELECT FROM event WHERE id = $1', [eventId]);
    // As a retry does, whose transaction is open.
    const columns = { epoch: 'epoch', replayId: 'NULL', chain: 'NULL', trigger: `'retry'` };
    await retry.query(
      `WITH removed AS (DELETE FROM settled_delivery WHERE id = $1 RETURNING *), ${makePending('removed', columns)} SELECT`,
      [deliveryId],
    );
    const dropping = dropExpired(SHORTER_PAYLOAD);
    await waitUntilBlocked(pool, 'posthorn_detach_partition');
    await retry.query('COMMIT');
    retry.release();
    expect(await dropping).toMatchObject({
      dropped: { event: 0 },
      needed: ['event_20200101', 'event_search_value_20200101'],
    });
  });
});

describe('an interrupted run', () => {
  it('is completed by the next one', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-02');
    await pool.query(`SELECT posthorn_detach_partition('settled_delivery_class_0', '2020-01-01')`);
    expect(await dailyTables(pool, 2020)).toContain('expired_settled_delivery_20200101');
    expect((await dropExpired(CUTOFFS)).dropped).toEqual({
      event: 2,
      event_search_value: 2,
      settled_delivery: 2,
      earlier_attempt: 2,
    });
    expect(await dailyTables(pool, 2020)).toEqual([]);
  });

  it('is not confused with a partition that was detached manually', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-01');
    await pool.query('ALTER TABLE earlier_attempt_class_0 DETACH PARTITION earlier_attempt_20200101');
    await dropExpired(CUTOFFS);
    expect(await dailyTables(pool, 2020)).toEqual(['earlier_attempt_20200101']);
  });
});

/** Starts a transaction that reads a table for long, like a backup. */
async function startSlowReader(table: string): Promise<{ end: () => Promise<void> }> {
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${table} IN ACCESS SHARE MODE`);
  return {
    async end() {
      await client.query('COMMIT');
      client.release();
    },
  };
}

describe('behind a slow reader', () => {
  it('dropExpiredPartitions does not block others, and continues when the reader ends', async () => {
    await createPartitionsFor(pool, '2020-01-01', '2020-01-01');
    const reader = await startSlowReader('settled_delivery');
    const dropping = dropExpired(CUTOFFS);
    await waitUntilBlocked(pool, 'posthorn_detach_partition');
    // Queued behind the lock request, and completed while the reader is still active.
    await addPastRows(pool, new Date().toISOString());
    await reader.end();
    expect(await dropping).toMatchObject({
      dropped: { event: 1, settled_delivery: 1, earlier_attempt: 1 },
      timedOut: null,
    });
  });

  it('createPartitions does not block others', async () => {
    const reader = await startSlowReader('event_default');
    const creating = createPartitions(pool, new Date('2031-01-01T00:00:00Z'));
    await waitUntilBlocked(pool, 'posthorn_create_partitions');
    await pool.query('SELECT FROM event_default');
    await reader.end();
    expect(await creating).toBe(4 * 9);
  });
});

describe('deleteExpired', () => {
  it('deletes expired rows only', async () => {
    const [old, kept] = ['2020-01-02T23:59:59.999Z', '2020-01-03T00:00:00Z'];
    for (const at of [old, kept]) {
      await pool.query(
        `INSERT INTO rejected_event (id, source, code, message, payload) VALUES ($1, 'queue', 'c', 'm', '{}')`,
        [derivedId(at, Date.parse(at))],
      );
      await pool.query(
        `INSERT INTO replay (id, tenant_id, total, status, finished_at)
         SELECT posthorn_uuidv7(), posthorn_uuidv7(), 1, status::replay_status, $1::timestamptz
         FROM unnest(ARRAY['completed', 'cancelled']) AS status`,
        [at],
      );
      await pool.query(
        `INSERT INTO operational_event (id, tenant_id, type, data, created_at)
         VALUES (posthorn_uuidv7(), posthorn_uuidv7(), 't', '{}', $1)`,
        [at],
      );
    }
    await pool.query(
      `INSERT INTO replay (id, tenant_id, total, created_at) VALUES (posthorn_uuidv7(), posthorn_uuidv7(), 1, $1)`,
      [old],
    );
    // A recovery is kept as long as one of its replays is running.
    await pool.query(
      `WITH recovery AS (
         INSERT INTO recovery (id, since, until, created_at)
         SELECT posthorn_uuidv7(), $1, $1, $1 FROM generate_series(1, 2) RETURNING id
       )
       INSERT INTO replay (id, tenant_id, total, status, finished_at, recovery_id)
       SELECT posthorn_uuidv7(), posthorn_uuidv7(), 1, status::replay_status, $1::timestamptz, id
       FROM (SELECT id, row_number() OVER () AS n FROM recovery) AS r
       CROSS JOIN LATERAL unnest(ARRAY['completed', CASE n WHEN 1 THEN 'completed' ELSE 'running' END]) AS status`,
      [old],
    );
    await pool.query(
      `INSERT INTO oidc_logout (issuer, jti, received_at) VALUES ('i', 'old', $1::timestamptz - interval '61 minutes'), ('i', 'new', $1)`,
      [CUTOFFS.now],
    );
    expect(await deleteExpired(pool, 'expired rows', CUTOFFS)).toEqual({
      oidc_logout: 1,
      rejected_event: 1,
      replay: 2,
      recovery: 1,
      operational_event: 1,
      event_copy: 0,
      api_key: 0,
    });
    expect([await count('rejected_event'), await count('replay'), await count('operational_event')]).toEqual([
      1,
      3 + 2,
      1,
    ]);
    expect(await count('recovery')).toBe(1);
  });

  it('deletes any number of rows', async () => {
    await pool.query(
      `INSERT INTO rejected_event (id, source, code, message, payload)
       SELECT overlay(gen_random_uuid()::text PLACING '016f5e66' FROM 1)::uuid, 'queue', 'c', 'm', '{}'
       FROM generate_series(1, 11000)`,
    );
    expect(await deleteExpired(pool, 'expired rows', CUTOFFS)).toMatchObject({ rejected_event: 11_000 });
  });

  it('deletes from the default partitions, except rows that pending deliveries need', async () => {
    await addPastRows(pool, DAY_1);
    const pending = await addPastRows(pool, DAY_2, { status: 'pending' });
    await addPastRows(pool, DAY_3);
    expect(await deleteExpired(pool, 'expired rows of the default partitions', CUTOFFS)).toEqual({
      settled_delivery_default: 1,
      event_search_value_default: 1,
      event_default: 1,
      event_payload_value_default: 0,
      earlier_attempt_default: 1,
    });
    expect(await count('delivery')).toBe(2);
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM event ORDER BY id LIMIT 1');
    expect(rows).toEqual([{ id: pending.eventId }]);
  });

  it('deletes an event from the default partition, whatever others of its millisecond need', async () => {
    const pending = await addPastRows(pool, DAY_1, { status: 'pending' });
    // Ids of the same process and millisecond may have the same first 8 bytes.
    const sibling = `${pending.eventId.slice(0, 19)}0${pending.eventId.slice(20, -4)}0000`;
    await pool.query(
      `INSERT INTO event (id, tenant_id, published_at, type, body) SELECT $1, tenant_id, published_at, type, body FROM event`,
      [sibling],
    );
    expect(await deleteExpired(pool, 'expired rows of the default partitions', CUTOFFS)).toMatchObject({
      event_default: 1,
      event_search_value_default: 0,
    });
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM event');
    expect(rows).toEqual([{ id: pending.eventId }]);
  });
});

describe('sessions and portal links', () => {
  it('are deleted once expired, portal links a week later; API keys are not', async () => {
    await pool.query(
      `INSERT INTO api_key (id, name, key_hash, prefix, scopes, kind, expires_at, portal_features)
       SELECT posthorn_uuidv7(), kind || hours, decode(md5(kind || hours), 'hex'), '', '{}', kind::api_key_kind,
         now() + make_interval(hours => hours), CASE kind WHEN 'portal' THEN '{}'::text[] END
       FROM unnest(ARRAY['key', 'session', 'portal']) AS kind, unnest(ARRAY[-200, -1, 1]) AS hours`,
    );
    expect(await deleteExpired(pool, 'expired rows', CUTOFFS)).toMatchObject({ api_key: 3 });
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM api_key ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual([
      'key-1',
      'key-200',
      'key1',
      'portal-1',
      'portal1',
      'session1',
    ]);
  });
});

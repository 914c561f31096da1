import { beforeAll, describe, expect, it } from '@jest/globals';
import { derivedId, newId } from '@posthorn/core';
import type { AttemptRecord } from '../src/deliveries/attempt-input.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { acceptEventsWithoutRules } from '../src/events/accept-events.js';
import type { RunningReplay } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { aggregateStats } from '../src/statistics/aggregate-stats.js';
import type { Pool } from 'pg';
import { explainScans, type Statement } from './fixtures/explain-scans.js';
import { addTenant, addWebhook, attemptOf, newEvent, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const FIRST_DAY = new Date('2031-01-01T00:00:00Z');
const DAYS = 8;
const ROWS_A_DAY = 1500;

/** Ids of deliveries of the third day. */
let idsOfOneDay: string[];
/** A final failure of each of them. */
let failures: AttemptRecord[];
let webhookId: string;

beforeAll(async () => {
  await createPartitions(db.pool, FIRST_DAY);
  const tenantId = await addTenant(db.pool);
  webhookId = await addWebhook(db.pool, { tenantId });
  const moment = `(timestamptz '${FIRST_DAY.toISOString()}' + day * interval '1 day' + n * interval '1 s')`;
  // A UUIDv7 of the moment, used for both the event and its delivery.
  const id = `overlay(gen_random_uuid()::text PLACING substr(posthorn_uuid_floor(${moment})::text, 1, 14) || '7' FROM 1)::uuid`;
  await db.pool.query(
    `WITH generated AS MATERIALIZED (
       SELECT ${id} AS id, ${moment} AS moment
       FROM generate_series(0, ${DAYS - 1}) AS day, generate_series(1, ${ROWS_A_DAY}) AS n
     ), events AS (
       INSERT INTO event (id, tenant_id, published_at, type, body) SELECT id, $1, moment, 'a', repeat('x', 200) FROM generated
     ), settled AS (
       INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, started_at, status, epoch, attempt_count, succeeded_before)
       SELECT posthorn_delivery_id(id), id, $2, $1, moment, moment, 'failed', 0, 1, false FROM generated
     )
     INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
     SELECT id, id, $2, $1, moment, 0 FROM generated`,
    [tenantId, webhookId],
  );
  await db.pool.query('ANALYZE');
  const { rows } = await db.pool.query<{ id: string; next_attempt_at: Date }>(
    `SELECT id, next_attempt_at FROM pending_delivery
     WHERE id >= posthorn_uuid_floor('2031-01-03') AND id < posthorn_uuid_floor('2031-01-04') LIMIT 20`,
  );
  idsOfOneDay = rows.map((row) => row.id);
  failures = rows.map((row) => attemptOf(row.id, { dueAt: row.next_attempt_at, status: 'failed' }));
});

/**
 * Returns the scans that the last statement of `run` executes, such as `Index Scan event_20310103`. The earlier ones return `rows`.
 */
async function scansOf(run: (pool: Pool) => Promise<unknown>, ...rows: object[]): Promise<string[]> {
  const statements: Statement[] = [];
  // Captures the statement instead of running it.
  const spy = {
    options: {},
    query(statement: Statement | string, values: unknown[] = []) {
      statements.push(typeof statement === 'string' ? { text: statement, values } : statement);
      return { rows: statements.length <= 1 ? rows : [] };
    },
  };
  await run(spy as unknown as Pool);
  const statement = statements[rows.length === 0 ? 0 : statements.length - 1] ?? { text: '', values: [] };
  const scans = await explainScans(statement.name === undefined ? db.pool : db.genericPlanPool, statement);
  return [...new Set(scans.map(({ name }) => name))].toSorted();
}

const ofTable = (scans: string[], table: string) =>
  scans.filter((scan) => new RegExp(` ${table}_`).test(scan));

/** The scans of tables that are partitioned by day. */
const ofDays = (scans: string[]) => scans.filter((scan) => /_(\d{8}|default)$/.test(scan));

describe('the plan of loadDeliveries', () => {
  it('reads pending deliveries and the events of their day, by index', async () => {
    const scans = await scansOf((pool) => loadDeliveries(pool, idsOfOneDay));
    expect(scans).toContainEqual(expect.stringMatching(/^(Index|Bitmap Heap) Scan pending_delivery$/));
    expect(ofDays(scans)).toEqual(['Index Scan event_20310103']);
  });

  it('reads a partition by index that was empty when the plan was created', async () => {
    await createPartitions(db.pool, new Date('2032-01-01T00:00:00Z'));
    await db.pool.query('VACUUM ANALYZE event');
    const eventId = derivedId('empty partition', new Date('2032-01-01T12:00:00Z').getTime());
    const { rows } = await db.pool.query<{ id: string }>(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
       VALUES (posthorn_delivery_id($1), $1, $2, $1, now(), 0) RETURNING id`,
      [eventId, webhookId],
    );
    const scans = await scansOf((pool) =>
      loadDeliveries(
        pool,
        rows.map(({ id }) => id),
      ),
    );
    expect(ofDays(scans)).toEqual(['Index Scan event_20320101']);
  });

  it('reads the events of deliveries of several days in their partitions only', async () => {
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT id FROM pending_delivery WHERE id >= posthorn_uuid_floor('2031-01-04') ORDER BY id LIMIT 1`,
    );
    const ids = [...idsOfOneDay, ...rows.map(({ id }) => id)];
    const scans = await scansOf((pool) => loadDeliveries(pool, ids));
    expect(ofDays(scans)).toEqual(['Index Scan event_20310103', 'Index Scan event_20310104']);
  });
});

/** A delivery whose payload is stored apart. */
const rowWithout = (payloadDay: string | null) => ({
  deliveryId: idsOfOneDay[0],
  eventId: idsOfOneDay[0],
  chain: null,
  body: null,
  deflatedBody: null,
  context: { payloadDay },
});

const loadFirst = (pool: Pool) => loadDeliveries(pool, idsOfOneDay.slice(0, 1));

describe('the plan of loadDeliveries for payloads that are stored apart', () => {
  it('reads the partition of their day and the unsettled ones, by index', async () => {
    await db.pool.query(
      `SELECT posthorn_create_partition('event_payload', 'expires_on', day::date, day::date::text, (day::date + 1)::text)
       FROM generate_series(date '2031-02-01', date '2031-02-08', interval '1 day') AS day`,
    );
    await db.pool.query(
      `INSERT INTO event_payload (expires_on, event_id, body)
       SELECT date '2031-02-01' + n % 8, gen_random_uuid(), '{}' FROM generate_series(1, 8000) AS n`,
    );
    await db.pool.query('ANALYZE event_payload');
    expect(await scansOf(loadFirst, rowWithout('2031-02-03'))).toEqual([
      'Index Scan event_payload_20310203',
      'Index Scan unsettled_payload',
    ]);
    expect(await scansOf(loadFirst, rowWithout(null))).toEqual([
      'Index Scan event_payload_default',
      'Index Scan unsettled_payload',
    ]);
  });
});

describe('the plan of recordAttempts', () => {
  it('reads only pending deliveries for first successes, by index', async () => {
    const successes = idsOfOneDay.map((id) => successOf(id));
    const scans = await scansOf((pool) => recordAttempts(pool, successes, { histories: 'installation' }));
    expect(scans).toEqual([expect.stringMatching(/^(Index|Bitmap Heap) Scan pending_delivery$/)]);
  });

  it('reads the events of failed deliveries by index, in their partition only', async () => {
    await db.pool.query(
      `INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id)
       SELECT tenant_id, 'posthorn.*', id FROM webhook WHERE id = $1`,
      [webhookId],
    );
    const scans = await scansOf((pool) => recordAttempts(pool, failures));
    expect(ofDays(scans)).toEqual(['Index Scan event_20310103']);
  });
});

describe('the plan of aggregateStats', () => {
  it('reads only earlier attempts of the minutes, and ranges of pages of settled deliveries', async () => {
    await db.pool.query(
      `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status)
       SELECT id, id, event_id, webhook_id, tenant_id, next_attempt_at, 1, 1, 500 FROM pending_delivery`,
    );
    // More than one range of pages.
    await db.pool.query(
      `INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, started_at, status, epoch, attempt_count, succeeded_before)
       SELECT posthorn_delivery_id(posthorn_uuid_floor(moment)), $1, $1, $1, moment, moment, 'succeeded', 0, 1, false
       FROM generate_series(timestamptz '2031-01-07T01:00:00Z', '2031-01-07T12:00:00Z', interval '1 s') AS moment`,
      [webhookId],
    );
    await db.pool.query('VACUUM ANALYZE earlier_attempt, settled_delivery');
    const span = { from: new Date('2031-01-07T00:05:00Z'), to: new Date('2031-01-07T00:07:00Z') };
    const scans = await scansOf((pool) => aggregateStats(pool, span));
    expect(ofTable(scans, 'earlier_attempt')).toEqual(['Index Scan earlier_attempt_20310107']);
    expect(ofTable(scans, 'settled_delivery')).toContain('Bitmap Heap Scan settled_delivery_20310107');
  });
});

/** Returns the scans of idempotency keys that accepting an event executes. */
async function scansOfKeys(idempotencyKey: string | null): Promise<string[]> {
  const scans = await scansOf((pool) => acceptEventsWithoutRules(pool, [newEvent({ idempotencyKey })]));
  return scans.filter((scan) => /event_idempotency_\d/.test(scan));
}

describe('the plan of acceptEvents', () => {
  it('looks up an idempotency key by index, and nothing for an event without a key', async () => {
    expect(await scansOfKeys('k')).toEqual([
      expect.stringMatching(/^Index (Only )?Scan event_idempotency_0$/),
      expect.stringMatching(/^Index (Only )?Scan event_idempotency_1$/),
    ]);
    expect(await scansOfKeys(null)).toEqual([]);
  });
});

/** A replay of the third day. */
const replayOfOneDay = (): RunningReplay => ({
  id: newId(),
  webhookId,
  eventId: null,
  from: new Date('2031-01-03T00:00:00Z'),
  to: new Date('2031-01-04T00:00:00Z'),
  statuses: [],
  eventTypes: [],
  cursor: null,
  createdAt: new Date('2031-02-01T00:00:00Z'),
  isTargetActive: true,
  isCancelled: false,
  recoveryId: null,
  isAutomatic: false,
  isFailingAgain: false,
});

describe('the plan of selectReplayChunk', () => {
  it('reads only its partitions by index, plus the oldest event or the events of its deliveries', async () => {
    const scans = await scansOf((pool) => selectReplayChunk(pool, replayOfOneDay(), 500));
    expect(ofTable(scans, 'settled_delivery')).toEqual(['Index Scan settled_delivery_20310103']);
    expect(ofTable(scans, 'event').filter((scan) => !scan.startsWith('Index Only Scan'))).toEqual([]);
    const ofType = await scansOf((pool) =>
      selectReplayChunk(pool, { ...replayOfOneDay(), eventTypes: ['a.b'] }, 500),
    );
    expect(ofTable(ofType, 'event')).toContainEqual(
      expect.stringMatching(/^Index (Only )?Scan event_20310103$/),
    );
  });
});

describe('the plan of a recovery', () => {
  it('reads only its partitions, by the index of failed and dropped deliveries', async () => {
    const replay: RunningReplay = {
      ...replayOfOneDay(),
      statuses: ['failed', 'dropped', 'pending'],
      recoveryId: newId(),
    };
    const scans = await scansOf((pool) => selectReplayChunk(pool, replay, 500));
    expect(ofTable(scans, 'settled_delivery')).toEqual(['Index Scan settled_delivery_20310103']);
    expect(scans).toContain('Index Scan pending_delivery');
  });
});

describe('plans while shorter histories are in use', () => {
  it('read the partition of a day of each class, by index', async () => {
    for (const days of [7, 30])
      await db.pool.query(`SELECT posthorn_use_history_days($1, '2031-01-01', '2031-01-08')`, [days]);
    const scans = await scansOf((pool) => selectReplayChunk(pool, replayOfOneDay(), 500));
    expect(ofTable(scans, 'settled_delivery')).toEqual([
      'Index Scan settled_delivery_20310103',
      'Index Scan settled_delivery_class_1_20310103',
      'Index Scan settled_delivery_class_2_20310103',
    ]);
    const late = await scansOf((pool) => recordAttempts(pool, failures, { lockedRows: 'skip' }), ...failures);
    expect(ofTable(late, 'settled_delivery').map((scan) => scan.replace(/^.* /, ''))).toEqual([
      'settled_delivery_20310103',
      'settled_delivery_class_1_20310103',
      'settled_delivery_class_2_20310103',
    ]);
    await db.pool.query('SELECT posthorn_free_history_classes()');
    await db.pool.query(`UPDATE history_class SET unused_since = now() - interval '2 hours'`);
    await db.pool.query('SELECT posthorn_free_history_classes()');
    const after = await scansOf((pool) => selectReplayChunk(pool, replayOfOneDay(), 500));
    expect(ofTable(after, 'settled_delivery')).toEqual(['Index Scan settled_delivery_20310103']);
  });
});

describe('the plan of requeueReplayChunk', () => {
  it('reads only the partitions of the chunk, by index', async () => {
    await db.pool.query(`INSERT INTO replay (id, tenant_id, webhook_id, total) VALUES ($1, $1, $2, 1)`, [
      newId(),
      webhookId,
    ]);
    const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM replay');
    const chunk = { deliveryIds: idsOfOneDay, webhookIds: [webhookId], cursor: idsOfOneDay[0] ?? '' };
    const scans = await scansOf((pool) =>
      requeueReplayChunk(pool, { id: rows[0]?.id ?? '', cursor: null }, chunk),
    );
    expect(ofTable(scans, 'settled_delivery')).toEqual([
      expect.stringMatching(/^(Index|Bitmap Heap) Scan settled_delivery_20310103$/),
    ]);
  });
});

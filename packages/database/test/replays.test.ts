import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, MAX_ATTEMPTS, newId, SYSTEM } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import type { PoolClient, Pool } from 'pg';
import { connect, type ConnectOptions, type Database } from '../src/connection/connect.js';
import { findHeads, findNextHeads } from '../src/deliveries/chain.js';
import { dropPendingDeliveries } from '../src/deliveries/drop-pending-deliveries.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { listDueDeliveries } from '../src/deliveries/list-due-deliveries.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { openPrisma, type PrismaDb } from '../src/prisma-client/client.js';
import { isUnavailable } from '../src/prisma-client/prisma-errors.js';
import { countReplayPending } from '../src/replays/count-replay-pending.js';
import { createReplay, type NewReplay } from '../src/replays/create-replay.js';
import { finishReplay } from '../src/replays/finish-replay.js';
import { listRunningReplays, type RunningReplay } from '../src/replays/list-running-replays.js';
import { cancelReplay, findReplay, listReplays, readReplayProgress } from '../src/replays/replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import {
  addChained,
  addPending,
  addPendingRows,
  addSettled,
  addSettledRows,
} from './fixtures/delivery-rows.js';
import { addWebhook, readDelivery } from './fixtures/rows.js';
import { hold, settle } from './fixtures/outcomes.js';
import { explainScans } from './fixtures/explain-scans.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

let webhookId: string;
beforeEach(async () => {
  await db.pool.query('TRUNCATE replay, event');
  webhookId = await addWebhook(db.pool);
});

const HOUR_MS = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);

/** Creates a replay, by default of the deliveries of the webhook in the last day. */
async function create(fields: Partial<NewReplay> = {}): Promise<RunningReplay> {
  const id = newId();
  const replay = {
    id,
    tenantId: DEFAULT_TENANT_ID,
    webhookId,
    eventId: null,
    from: ago(24 * HOUR_MS),
    to: new Date(),
    statuses: [],
    eventTypes: [],
    ...fields,
  } as NewReplay;
  await createReplay(db.pool, replay, { actor: SYSTEM, snapshot: {} });
  return findRunning(id);
}

async function findRunning(id: string): Promise<RunningReplay> {
  const replay = (await listRunningReplays(db.pool)).find((each) => each.id === id);
  if (!replay) throw new Error('replay is not running');
  return replay;
}

const cancel = ({ id }: { id: string }, prisma = db.prisma) =>
  cancelReplay({ prisma, pool: db.pool }, { id, tenantId: DEFAULT_TENANT_ID }, SYSTEM);

const stored = (id: string) => findReplay(db.prisma, { id, tenantId: null });

const total = async (fields: Partial<NewReplay>) => (await stored((await create(fields)).id))?.total;

/** Requeues all chunks, and returns the deliveries of each. */
async function requeueAll({ id }: { id: string }, limit = 500): Promise<string[][]> {
  const chunks: string[][] = [];
  for (;;) {
    const replay = await findRunning(id);
    const chunk = await selectReplayChunk(db.pool, replay, limit);
    if (chunk.cursor === null) return chunks;
    chunks.push((await requeueReplayChunk(db.pool, replay, chunk)) ?? []);
  }
}

async function requeueNext(replay: RunningReplay, limit = 500) {
  return requeueReplayChunk(db.pool, replay, await selectReplayChunk(db.pool, replay, limit));
}

const settled = (fields: Partial<Parameters<typeof addSettled>[1]> = {}) =>
  addSettled(db.pool, { webhookId, ...fields });

describe('createReplay', () => {
  it('counts settled, matching deliveries in the time range', async () => {
    await settled({ status: 'failed' });
    await settled({ status: 'succeeded', type: 'c' });
    await settled({ status: 'dropped' });
    await addPending(db.pool, { webhookId });
    await settled({ at: ago(30 * HOUR_MS) });
    await addSettled(db.pool, { webhookId: await addWebhook(db.pool) });
    expect(await total({})).toBe(3);
    expect(await total({ from: ago(40 * HOUR_MS) })).toBe(4);
    expect(await total({ from: ago(40 * HOUR_MS), to: ago(24 * HOUR_MS) })).toBe(1);
    expect(await total({ statuses: ['failed', 'dropped'] })).toBe(2);
    expect(await total({ eventTypes: ['c', 'x'] })).toBe(1);
  });

  it('includes `from` and excludes `to`', async () => {
    const at = ago(HOUR_MS);
    await settled({ at });
    const next = new Date(at.getTime() + 1);
    expect((await requeueAll(await create({ from: at, to: next }))).flat()).toHaveLength(1);
    const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM replay WHERE total = 1');
    expect(rows).toEqual([{ n: 1 }]);
    await expect(create({ from: ago(2 * HOUR_MS), to: at })).rejects.toThrow('not running');
  });

  it('completes a replay without deliveries immediately', async () => {
    await addPending(db.pool, { webhookId });
    await settled({ eventExpired: true, at: ago(HOUR_MS) });
    await settled({ attemptCount: MAX_ATTEMPTS });
    await expect(create()).rejects.toThrow('not running');
    const { items } = await listReplays(db.prisma, { tenantId: DEFAULT_TENANT_ID }, { limit: 10 });
    expect(items).toMatchObject([{ status: 'completed', total: 0, queued: 0, finishedAt: expect.any(Date) }]);
  });
});

describe('requeueReplayChunk', () => {
  it('makes deliveries pending with the current epoch, due now, and keeps the attempt count', async () => {
    const id = await settled({ attemptCount: 8 });
    await db.pool.query('UPDATE webhook SET epoch = 4 WHERE id = $1', [webhookId]);
    const replay = await create();
    expect(await requeueNext(replay)).toEqual([id]);
    expect(await readDelivery(db.pool, id)).toMatchObject({
      status: 'pending',
      epoch: 4,
      attempt_count: 8,
      next_attempt_at: expect.any(Date),
      reason: null,
      settled_at: null,
      parked: false,
      held: false,
      replay_id: replay.id,
    });
    const { rows } = await db.pool.query('SELECT trigger FROM pending_delivery WHERE id = $1', [id]);
    expect(rows).toEqual([{ trigger: 'replay' }]);
    const { deliveries: due } = await listDueDeliveries(db.pool, { overdueMs: 0, after: null, limit: 1000 });
    expect(due).toContainEqual(expect.objectContaining({ id, lane: 'replay' }));
  });

  it('requeues chunk after chunk, oldest first, each delivery once', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.push(await settled({ at: ago(HOUR_MS - n) }));
    const replay = await create();
    expect(await requeueAll(replay, 3)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
    expect(await stored(replay.id)).toMatchObject({ total: 7, queued: 7, status: 'running' });
    expect(await countReplayPending(db.pool, replay.id)).toMatchObject({
      isPending: true,
      due: 7,
      dueOfTarget: 7,
    });
  });

  it('finds a matching delivery behind many others', async () => {
    const succeeded = {
      webhookId,
      status: 'succeeded',
      at: ago(2 * HOUR_MS),
      settledAt: ago(HOUR_MS),
    } as const;
    await addSettledRows(
      db.pool,
      Array.from({ length: 4500 }, () => succeeded),
    );
    const last = await settled({ status: 'failed' });
    const chunks = await requeueAll(await create({ statuses: ['failed'] }));
    expect(chunks).toEqual([[], [], [last]]);
  });

  it('skips deliveries that were not settled when the replay was created', async () => {
    const before = await settled();
    const pending = await addPending(db.pool, { webhookId });
    const replay = await create();
    const after = new Date(replay.createdAt.getTime() + 1);
    await settle(db.pool, [pending], 'failed');
    await db.pool.query('UPDATE settled_delivery SET settled_at = $2 WHERE id = $1', [pending, after]);
    await settled({ at: new Date(), settledAt: new Date(Date.now() + 1) });
    expect(await requeueAll(replay)).toEqual([[before]]);
  });

  it('skips deliveries that another replay or a retry has requeued', async () => {
    const [older, newer] = [await settled({ at: ago(2 * HOUR_MS) }), await settled()];
    const [replay, laterReplay] = [await create(), await create()];
    expect(await requeueNext(replay, 1)).toEqual([older]);
    expect(await requeueAll(laterReplay)).toEqual([[newer]]);
    expect(await requeueAll(replay)).toEqual([]);
    expect(await stored(replay.id)).toMatchObject({ total: 2, queued: 1 });
    // The delivery settles again after the replay has requeued it.
    await settleDeliveries(db.pool, [{ deliveryId: older, epoch: 0, status: 'failed', reason: 'crashed' }]);
    expect(await selectReplayChunk(db.pool, { ...replay, cursor: null }, 10)).toMatchObject({
      deliveryIds: [],
    });
  });

  it('requeues a chunk once for concurrent callers', async () => {
    await settled();
    const replay = await create();
    const chunk = await selectReplayChunk(db.pool, replay, 10);
    const results = await Promise.all([1, 2, 3].map(() => requeueReplayChunk(db.pool, replay, chunk)));
    expect(results.filter((each) => each !== null)).toHaveLength(1);
    expect(await stored(replay.id)).toMatchObject({ queued: 1 });
  });

  it('skips deliveries whose event has expired since the selection', async () => {
    const id = await settled();
    const replay = await create();
    const chunk = await selectReplayChunk(db.pool, replay, 10);
    await db.pool.query('DELETE FROM event WHERE id = (SELECT event_id FROM delivery WHERE id = $1)', [id]);
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toEqual([]);
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'failed' });
  });

  it('returns null for a replay that was cancelled since the selection', async () => {
    const id = await settled();
    const replay = await create();
    const chunk = await selectReplayChunk(db.pool, replay, 10);
    expect(await cancel(replay)).toBe(true);
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toBeNull();
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'failed' });
  });
});

/** Adds settled deliveries with these keys: empty for strict order, null without order. */
async function addOrdered(orderingKeys: readonly (string | null)[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, orderingKey] of orderingKeys.entries()) {
    const id = await addSettled(db.pool, { webhookId, at: ago(60_000 - index * 1000), attemptCount: 3 });
    await db.pool.query('UPDATE settled_delivery SET sequence = $2, ordering_key = $3 WHERE id = $1', [
      id,
      index + 1,
      orderingKey,
    ]);
    ids.push(id);
  }
  return ids;
}

describe('a replay of deliveries in order', () => {
  it('is a chain of its own, of which only the heads are returned', async () => {
    const [first = '', second = '', keyed = '', unordered = ''] = await addOrdered(['', '', 'a', null]);
    const replay = await create();
    // Deliveries without order come first.
    expect(await requeueAll(replay, 3)).toEqual([[first, unordered], [keyed]]);
    const { rows } = await db.pool.query<{ id: string; sequence: number; key: string; chain: string }>(
      'SELECT id, sequence::int, ordering_key AS key, chain FROM pending_delivery ORDER BY sequence',
    );
    expect(rows.filter(({ id }) => [first, second, keyed, unordered].includes(id))).toEqual([
      { id: first, sequence: 1, key: '', chain: replay.id },
      { id: second, sequence: 2, key: '', chain: replay.id },
      { id: keyed, sequence: 3, key: 'a', chain: replay.id },
      { id: unordered, sequence: 4, key: null, chain: null },
    ]);
    await settleDeliveries(db.pool, [{ deliveryId: first, epoch: 0, status: 'dropped', reason: 'skipped' }]);
    const next = await findNextHeads(db.pool, [{ webhookId, chain: replay.id, orderingKey: '' }]);
    expect(next).toMatchObject([{ id: second, lane: 'replay' }]);
  });

  it('counts the head of each chain, so that those behind one that fails do not stop the others', async () => {
    await addOrdered(['a', 'a', 'a', 'b', null]);
    const replay = await create();
    await requeueAll(replay, 10);
    expect(await countReplayPending(db.pool, replay.id)).toEqual({
      isPending: true,
      due: 5,
      dueOfTarget: 3,
      waitingOfTarget: 5,
    });
  });

  it('requeues them in the order of their numbers, whatever the order of their ids', async () => {
    const ids = await addOrdered(['', '', '', '', '']);
    await db.pool.query('UPDATE settled_delivery SET sequence = 6 - sequence WHERE id = ANY ($1)', [ids]);
    const [fifth, fourth, third, second, first] = ids;
    const replay = await create();
    const chunks: string[][] = [];
    for (;;) {
      const chunk = await selectReplayChunk(db.pool, await findRunning(replay.id), 2);
      if (chunk.cursor === null) break;
      chunks.push(chunk.deliveryIds);
      await requeueReplayChunk(db.pool, await findRunning(replay.id), chunk);
    }
    expect(chunks.map((chunk) => new Set(chunk))).toEqual([
      new Set([first, second]),
      new Set([third, fourth]),
      new Set([fifth]),
    ]);
    expect((await stored(replay.id))?.queued).toBe(5);
  });

  it('requeues each delivery of a recovery once, also those that have failed again', async () => {
    const ids = await addOrdered(['', '', '']);
    await db.pool.query('UPDATE settled_delivery SET sequence = 4 - sequence WHERE id = ANY ($1)', [ids]);
    const waiting = await addChained(db.pool, { webhookId, sequence: 9, attemptCount: 2, dueInMs: HOUR_MS });
    const replay = await create();
    await db.pool.query(
      `INSERT INTO recovery (id, tenant_id, webhook_id, since, until) VALUES ($1, $2, $3, $4, now())`,
      [replay.id, DEFAULT_TENANT_ID, webhookId, ago(24 * HOUR_MS)],
    );
    await db.pool.query(
      `UPDATE replay SET recovery_id = $1, statuses = '{failed,pending}', from_time = $2, to_time = NULL WHERE id = $1`,
      [replay.id, ago(24 * HOUR_MS)],
    );
    let chunks = 0;
    for (; chunks < 10; chunks += 1) {
      const running = await findRunning(replay.id);
      const chunk = await selectReplayChunk(db.pool, running, 1);
      if (chunk.cursor === null) break;
      await requeueReplayChunk(db.pool, running, chunk);
      // They fail again at once.
      await db.pool.query(
        `UPDATE pending_delivery SET attempt_count = 5, next_attempt_at = now() + interval '1 h' WHERE replay_id = $1`,
        [replay.id],
      );
    }
    expect(chunks).toBeLessThan(10);
    const { rows } = await db.pool.query('SELECT queued FROM replay WHERE id = $1', [replay.id]);
    expect(rows).toEqual([{ queued: 4 }]);
    expect(await findHeads(db.pool, [waiting])).toHaveLength(1);
  });

  it('waits for none of the live deliveries, and they for none of it', async () => {
    const live = await addChained(db.pool, { webhookId, sequence: 9 });
    const [replayed = ''] = await addOrdered(['']);
    expect(await requeueAll(await create())).toEqual([[replayed]]);
    expect((await findHeads(db.pool, [live, replayed])).map(({ id }) => id).toSorted()).toEqual(
      [live, replayed].toSorted(),
    );
  });

  it('drops those that wait when it is cancelled', async () => {
    const ids = await addOrdered(['', '']);
    const replay = await create();
    await requeueAll(replay);
    expect(await cancel(replay)).toBe(true);
    for (const id of ids)
      expect(await readDelivery(db.pool, id)).toMatchObject({
        status: 'dropped',
        reason: 'replay_cancelled',
      });
  });
});

describe('a suspend', () => {
  const suspend = `UPDATE webhook SET status = 'suspended', epoch = epoch + 1 WHERE id = $1`;

  it('in progress prevents the requeue', async () => {
    const id = await settled();
    const replay = await create();
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(suspend, [webhookId]);
    const requeuing = requeueNext(replay);
    await waitUntilBlocked('replay');
    await client.query('COMMIT');
    client.release();
    expect(await requeuing).toEqual([]);
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'failed' });
    expect(await findRunning(replay.id)).toMatchObject({ isTargetActive: false });
  });

  it('after a requeue drops the requeued deliveries', async () => {
    const id = await settled();
    await requeueNext(await create());
    await db.pool.query(suspend, [webhookId]);
    expect(await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 })).toBe(1);
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'dropped', reason: 'suspended' });
  });

  it.each([
    ['drops its pending deliveries', () => dropPendingDeliveries(db.pool, { webhookId, epoch: 1 })],
    [
      'is found by a worker',
      (deliveryId: string) =>
        settleDeliveries(db.pool, [{ deliveryId, epoch: 0, status: 'dropped', reason: 'suspended' }]),
    ],
  ])('makes a replayed delivery that had succeeded before succeeded again when it %s', async (_how, drop) => {
    const id = await settled({ status: 'succeeded' });
    await requeueNext(await create());
    await db.pool.query(suspend, [webhookId]);
    const shown = await findDelivery(db.prisma, { id, tenantId: null });
    expect(shown).toMatchObject({ status: 'succeeded', reason: null });
    await drop(id);
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'succeeded', reason: null });
  });

  it('ends the replay even after a reactivation', async () => {
    await settled();
    const replay = await create();
    expect(replay.isTargetActive).toBe(true);
    const chunk = await selectReplayChunk(db.pool, replay, 10);
    await db.pool.query(suspend, [webhookId]);
    await db.pool.query(
      `UPDATE webhook SET status = 'active', active_since = clock_timestamp() + interval '1 ms' WHERE id = $1`,
      [webhookId],
    );
    expect(await findRunning(replay.id)).toMatchObject({ isTargetActive: false });
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toEqual([]);
  });
});

/** Waits until a statement that contains `text` waits for a lock. */
async function waitUntilBlocked(text: string): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
      [text],
    );
    expect(rowCount).toBe(1);
  });
}

describe('countReplayPending', () => {
  it('reads neither finished deliveries of the replay nor other pending ones of its webhook', async () => {
    const replayId = newId();
    const ofNone = { webhookId, at: new Date() };
    const ofReplay = { ...ofNone, replayId };
    await addPendingRows(db.pool, [
      ...Array.from({ length: 1000 }, () => ofNone),
      ...Array.from({ length: 3 }, () => ofReplay),
    ]);
    await addSettledRows(
      db.pool,
      Array.from({ length: 1000 }, () => ({ ...ofReplay, status: 'succeeded' })),
    );
    await db.pool.query('ANALYZE pending_delivery, settled_delivery');
    let rowsRead = 0;
    const spy = {
      async query(text: string, values: unknown[]) {
        for (const { rows } of await explainScans(db.pool, { text, values })) rowsRead += rows;
        return db.pool.query(text, values);
      },
    } as unknown as Pool;
    expect(await countReplayPending(spy, replayId)).toMatchObject({
      isPending: true,
      due: 3,
      dueOfTarget: 3,
    });
    // The other days are empty, or nearly so, and may be scanned.
    expect(rowsRead).toBeLessThan(10);
  });
});

describe('the replay of an event', () => {
  it('requeues its deliveries to active webhooks', async () => {
    const eventId = newId();
    const suspended = await addWebhook(db.pool, { status: 'suspended' });
    const pending = await addWebhook(db.pool);
    const succeeded = await addWebhook(db.pool, { epoch: 2 });
    const ids = [
      await settled({ eventId, at: ago(3) }),
      await addSettled(db.pool, { webhookId: succeeded, eventId, status: 'succeeded', at: ago(2) }),
    ];
    await addSettled(db.pool, { webhookId: suspended, eventId, status: 'dropped' });
    await addPending(db.pool, { webhookId: pending, eventId });
    await settled();
    const replay = await create({ webhookId: null, eventId, from: null, to: null });
    expect((await stored(replay.id))?.total).toBe(2);
    expect((await requeueAll(replay)).flat().toSorted()).toEqual(ids.toSorted());
    expect(await readDelivery(db.pool, ids[1] ?? '')).toMatchObject({ status: 'pending', epoch: 2 });
    expect(await countReplayPending(db.pool, replay.id)).toMatchObject({
      isPending: true,
      due: 2,
      dueOfTarget: 2,
    });
  });
});

const addOfTomorrow = () => settled({ at: ago(-20 * HOUR_MS), settledAt: ago(1) });

describe('a replay of deliveries whose ids are of a time in the future', () => {
  it('requeues the deliveries of an event', async () => {
    const id = await addOfTomorrow();
    const { event_id: eventId } = await readDelivery(db.pool, id);
    const replay = await create({ webhookId: null, eventId, from: null, to: null });
    expect(await requeueAll(replay)).toEqual([[id]]);
  });

  it('requeues the deliveries of a webhook before its end', async () => {
    const [id] = [await addOfTomorrow(), await settled({ at: ago(-22 * HOUR_MS), settledAt: ago(1) })];
    const replay = await create({ to: ago(-21 * HOUR_MS) });
    expect(await requeueAll(replay)).toEqual([[id]]);
    expect(await stored(replay.id)).toMatchObject({ total: 1, queued: 1 });
  });
});

describe('finishReplay and cancelReplay', () => {
  it('finish a replay once, at its current cursor', async () => {
    await settled();
    const replay = await create();
    await requeueNext(replay);
    expect(await finishReplay(db.pool, replay, 'completed')).toBeNull();
    const advanced = await findRunning(replay.id);
    expect(await finishReplay(db.pool, advanced, 'completed')).toBe(1);
    expect(await finishReplay(db.pool, advanced, 'cancelled')).toBeNull();
    expect(await cancel(replay)).toBe(false);
    expect(await stored(replay.id)).toMatchObject({ status: 'completed', finishedAt: expect.any(Date) });
  });

  it('drop pending deliveries only, on cancellation', async () => {
    const ids = [await settled({ at: ago(3) }), await settled({ at: ago(2) }), await settled({ at: ago(1) })];
    const replay = await create();
    await requeueNext(replay, 2);
    await settleDeliveries(db.pool, [
      { deliveryId: ids[0] ?? '', epoch: 0, status: 'failed', reason: 'crashed' },
    ]);
    await hold(db.pool, ids[1] ?? '');
    expect(await readReplayProgress(db.prisma, replay.id)).toEqual({
      pending: 1,
      succeeded: 0,
      failed: 1,
      dropped: 0,
    });
    expect(await cancel(replay)).toBe(true);
    expect(await cancel(replay)).toBe(false);
    expect(await readDelivery(db.pool, ids[1] ?? '')).toMatchObject({
      status: 'dropped',
      reason: 'replay_cancelled',
      next_attempt_at: null,
      settled_at: expect.any(Date),
      held: false,
    });
    expect(await readDelivery(db.pool, ids[2] ?? '')).toMatchObject({ status: 'failed', replay_id: null });
    expect(await readReplayProgress(db.prisma, replay.id)).toMatchObject({
      pending: 0,
      failed: 1,
      dropped: 1,
    });
    expect(await stored(replay.id)).toMatchObject({
      status: 'cancelled',
      queued: 2,
      finishedAt: expect.any(Date),
    });
  });

  it('make deliveries that had succeeded before succeeded again, on cancellation', async () => {
    const succeeded = await settled({ status: 'succeeded', at: ago(2) });
    const failed = await settled({ at: ago(1) });
    const replay = await create();
    await requeueNext(replay);
    await cancel(replay);
    expect(await readDelivery(db.pool, succeeded)).toMatchObject({
      status: 'succeeded',
      reason: null,
      next_attempt_at: null,
      settled_at: expect.any(Date),
    });
    expect(await readDelivery(db.pool, failed)).toMatchObject({
      status: 'dropped',
      reason: 'replay_cancelled',
    });
  });

  it('drop any number of deliveries that wait for their retries, on cancellation, in portions', async () => {
    await settled();
    const replay = await create();
    await requeueNext(replay);
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, replay_id)
       SELECT posthorn_uuidv7(), posthorn_uuidv7(), $1, $2, now() + interval '1 h', 0, 2, $3 FROM generate_series(1, 8000)`,
      [webhookId, DEFAULT_TENANT_ID, replay.id],
    );
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM pending_delivery WHERE replay_id = $1 ORDER BY id LIMIT 1 FOR UPDATE', [
      replay.id,
    ]);
    const cancelling = cancel(replay);
    try {
      await waitUntilBlocked('pending_delivery');
      // The others are dropped already, and the replay can still be cancelled if this call is killed.
      expect(await readReplayProgress(db.prisma, replay.id)).toMatchObject({ pending: 1001, dropped: 7000 });
      expect(await stored(replay.id)).toMatchObject({ status: 'running' });
    } finally {
      await client.query('COMMIT');
      client.release();
    }
    expect(await cancelling).toBe(true);
    expect(await readReplayProgress(db.prisma, replay.id)).toMatchObject({ pending: 0, dropped: 8001 });
    expect(await stored(replay.id)).toMatchObject({ status: 'cancelled', failed: 8000 });
  });

  it('wait for a chunk that is being requeued, and drop it, on cancellation', async () => {
    const id = await settled();
    const replay = await create();
    // The requeue locks the replay and waits for the webhook.
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM webhook WHERE id = $1 FOR UPDATE', [webhookId]);
    const requeuing = requeueNext(replay);
    await waitUntilBlocked('FOR SHARE');
    const cancelling = cancel(replay);
    await waitUntilBlocked(`SET status = 'cancelled'`);
    await client.query('COMMIT');
    client.release();
    expect(await requeuing).toHaveLength(1);
    expect(await cancelling).toBe(true);
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'dropped', reason: 'replay_cancelled' });
  });
});

describe('a cancellation', () => {
  let changes: Database;
  let prisma: PrismaDb;
  /** Locks rows or tables that the cancellation needs. */
  let other: PoolClient;
  async function open(options: Partial<ConnectOptions> = {}): Promise<void> {
    changes = connect({ url: db.url, applicationName: 'test changes', ...options });
    prisma = openPrisma(changes.pool);
    other = await db.pool.connect();
    await other.query('BEGIN');
  }
  afterEach(async () => {
    other.release();
    await prisma.$disconnect();
    await changes.stop();
  });

  it('fails after a statement timeout, and can be repeated', async () => {
    await settled();
    const replay = await create();
    await open({ statementTimeoutMs: 100 });
    await other.query('SELECT FROM replay WHERE id = $1 FOR UPDATE', [replay.id]);
    const failure: unknown = await cancel(replay, prisma).catch((error: unknown) => error);
    expect(isUnavailable(failure)).toBe(true);
    await other.query('COMMIT');
    expect(await cancel(replay)).toBe(true);
  });

  it('counts failed deliveries on other connections, without a lock', async () => {
    await settled();
    const replay = await create();
    await requeueNext(replay);
    await db.pool.query(
      `UPDATE pending_delivery SET attempt_count = 1, next_attempt_at = now() + interval '1 h'`,
    );
    await open();
    await other.query('LOCK TABLE settled_delivery');
    const cancelling = cancel(replay, prisma);
    await waitUntilBlocked('count');
    const { rows } = await db.pool.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'test changes' AND state <> 'idle'`,
    );
    await other.query('COMMIT');
    expect(rows).toEqual([]);
    expect(await cancelling).toBe(true);
    expect(await stored(replay.id)).toMatchObject({ status: 'cancelled', failed: 1 });
  });

  it('is repeated after a deadlock', async () => {
    await settled();
    const replay = await create();
    await requeueNext(replay);
    await open();
    // The cancellation is the one that detects the deadlock.
    await other.query(`SET LOCAL deadlock_timeout = '10min'; SELECT FROM pending_delivery FOR UPDATE`);
    const cancelling = cancel(replay, prisma);
    await waitUntilBlocked('FOR UPDATE');
    await other.query('SELECT FROM replay WHERE id = $1 FOR UPDATE', [replay.id]);
    await other.query('COMMIT');
    expect(await cancelling).toBe(true);
  });
});

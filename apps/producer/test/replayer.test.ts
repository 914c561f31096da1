import { describe, expect, it } from '@jest/globals';
import { Deadline, DEFAULT_TENANT_ID, encodeId, newId, SYSTEM } from '@posthorn/core';
import { createReplay } from '@posthorn/database/replays';
import {
  addPendingRows,
  addSettledRows,
  addWebhook,
  deliveriesOf,
  recordAttempt,
  setDue,
  settle,
} from '@posthorn/database/fixtures';
import { flowNowMs, RetryPriorities } from '@posthorn/flow';
import { consumeDeliveries, type DeliveryJob, type DeliveryQueue } from '@posthorn/queue';
import { createLogger, Registry } from '@posthorn/runtime';
import { eventually } from '@posthorn/testkit';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { createReconciler } from '../src/reconciliation/reconciler.js';
import { createReplayer, type ReplayerDeps } from '../src/replays/replayer.js';
import { sharesAmong } from './fixtures/shares-among.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

const database = useDatabase();
const metrics = producerMetrics(new Registry());
const redis = useQueue();

const HOUR_MS = 3_600_000;
const logger = createLogger({ service: 'test', level: 'error' });
logger.silent = true;

const newReplayer = (
  jobs: Pick<DeliveryQueue, 'enqueue'> = redis.queue,
  shares = sharesAmong('one'),
  changes: Partial<ReplayerDeps> = {},
) =>
  createReplayer({
    pool: database.pool,
    queue: {
      findMissingJobs: (ids) => redis.queue.findMissingJobs(ids),
      requeue: (job) => redis.queue.requeue(job),
      enqueue: (added) => jobs.enqueue(added),
    },
    shares,
    logger,
    ...changes,
  });

const query = async <Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> =>
  (await database.pool.query<Row>(sql, values)).rows;

const progress = async () => JSON.stringify(await query('SELECT status, queued FROM replay ORDER BY id'));

/** Runs a replayer until it does no more: on a slow machine one run, which takes a second at most, may not be enough. */
async function runRepeatedly(run: () => Promise<boolean>): Promise<void> {
  let before: string;
  do {
    before = await progress();
    await run();
  } while ((await progress()) !== before);
}

/** Inserts an active webhook with deliveries that failed an hour ago, and a replay of them. */
async function addReplay(deliveries: number): Promise<{ id: string; webhookId: string }> {
  const id = newId();
  const webhookId = await addWebhook(database.pool, { activeSince: new Date(Date.now() - 86_400_000) });
  const at = new Date(Date.now() - HOUR_MS);
  await addSettledRows(
    database.pool,
    Array.from({ length: deliveries }, () => ({ webhookId, at })),
  );
  const span = { from: new Date(Date.now() - 86_400_000), to: new Date(), statuses: [], eventTypes: [] };
  const replay = { id, tenantId: DEFAULT_TENANT_ID, webhookId, eventId: null, ...span };
  await createReplay(database.pool, replay, { actor: SYSTEM, snapshot: {} });
  return { id, webhookId };
}

/** Settles every pending delivery, as workers would. */
const deliverAll = async (webhookId: string) =>
  settle(database.pool, await deliveriesOf(database.pool, { webhookId, status: 'pending' }), 'succeeded');

async function stateOf({ id }: { id: string }) {
  const [replay] = await query('SELECT status, total, queued, finished_at FROM replay WHERE id = $1', id);
  return replay;
}

const countOf = async (status: string, webhookId: string) =>
  (
    await query(
      'SELECT FROM delivery WHERE status = $1::delivery_status AND webhook_id = $2',
      status,
      webhookId,
    )
  ).length;

/** Returns which of the replays jobs belong to. */
async function indexOfReplay(
  replays: readonly { webhookId: string }[],
  jobs: readonly DeliveryJob[],
): Promise<number> {
  const [row] = await query<{ webhook_id: string }>(
    'SELECT webhook_id FROM delivery WHERE id = $1',
    jobs[0]?.deliveryId,
  );
  return replays.findIndex(({ webhookId }) => webhookId === row?.webhook_id);
}

describe('the replayer', () => {
  it('limits the pending deliveries, and completes the replay when none is left', async () => {
    const replay = await addReplay(500);
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ status: 'running', total: 500, queued: 300 });
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 300 });
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ queued: 300 });

    await deliverAll(replay.webhookId);
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ status: 'running', queued: 500 });
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 500 });

    await deliverAll(replay.webhookId);
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({
      status: 'completed',
      queued: 500,
      finished_at: expect.any(Date),
    });
    const attempts = await query(
      'SELECT attempt_count AS attempts, count(*)::int FROM delivery WHERE webhook_id = $1 GROUP BY 1',
      replay.webhookId,
    );
    expect(attempts).toEqual([{ attempts: 2, count: 500 }]);
  });

  it('does not wait for deliveries that have failed again, and completes the replay when they are settled', async () => {
    const replay = await addReplay(400);
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ queued: 300 });
    const { webhookId } = replay;
    const pending = await deliveriesOf(database.pool, { webhookId, status: 'pending' });
    await recordAttempt(database.pool, pending, { retryDelayMs: HOUR_MS });
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ status: 'running', queued: 400 });

    await deliverAll(replay.webhookId);
    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({ status: 'completed', queued: 400 });
  });

  it('completes a replay although another one of the same webhook has as many due deliveries as it may have', async () => {
    const replay = await addReplay(10);
    await newReplayer()();
    await deliverAll(replay.webhookId);
    const otherId = newId();
    await query(
      `INSERT INTO replay (id, tenant_id, webhook_id, statuses, event_types, total) VALUES ($1, $2, $3, '{}', '{}', 300)`,
      otherId,
      DEFAULT_TENANT_ID,
      replay.webhookId,
    );
    const row = { webhookId: replay.webhookId, attemptCount: 1, replayId: otherId };
    await addPendingRows(
      database.pool,
      Array.from({ length: 300 }, () => row),
    );
    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({ status: 'completed' });
    expect(await stateOf({ id: otherId })).toMatchObject({ status: 'running', queued: 0 });
  });

  it.each(['that goes on', 'that is started again'])(
    'has deliveries sent oldest first while the lane advances, by a process %s',
    async (kind) => {
      const replay = await addReplay(700);
      // As the lane: jobs of a lower number first, of the same one in their order.
      const lane: DeliveryJob[] = [];
      const queue = {
        enqueue(jobs: readonly DeliveryJob[]) {
          lane.push(...jobs);
          lane.sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
          return Promise.resolve();
        },
      };
      const sent: string[] = [];
      let run = newReplayer(queue);
      for (let step = 0; sent.length < 700; step += 1) {
        if (kind === 'that is started again' && step % 3 === 2) run = newReplayer(queue);
        await runRepeatedly(run);
        const ids = lane.splice(0, 40).map(({ deliveryId }) => deliveryId);
        expect(ids).not.toEqual([]);
        sent.push(...ids);
        await settle(database.pool, ids, 'succeeded');
      }
      expect(sent).toEqual(sent.toSorted());
      expect(await countOf('succeeded', replay.webhookId)).toBe(700);
    },
  );

  it('requeues a chunk of each replay in turn', async () => {
    const replays = [await addReplay(60), await addReplay(40)];
    const chunks: [replay: number, deliveries: number][] = [];
    const runOnce = newReplayer({
      async enqueue(jobs: readonly DeliveryJob[]) {
        chunks.push([await indexOfReplay(replays, jobs), jobs.length]);
      },
    });
    await runRepeatedly(runOnce);
    expect(chunks).toEqual([
      [0, 25],
      [1, 25],
      [0, 25],
      [1, 15],
      [0, 10],
    ]);
  });

  it('ends a run in time, however many replays there are, and the next run continues with the next replay', async () => {
    const replays = [await addReplay(60), await addReplay(60), await addReplay(60)];
    let nowMs = 0;
    const turns: number[] = [];
    const run = newReplayer(
      {
        async enqueue(jobs: readonly DeliveryJob[]) {
          turns.push(await indexOfReplay(replays, jobs));
          nowMs += 600;
        },
      },
      sharesAmong('one'),
      { nowMs: () => nowMs },
    );
    await run();
    expect(turns).toEqual([0, 1]);
    await run();
    expect(turns).toEqual([0, 1, 2, 0]);
    await run();
    expect(turns).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('advances one replay although a run is late', async () => {
    const replays = [await addReplay(10), await addReplay(10)];
    let nowMs = 0;
    const run = newReplayer(redis.queue, sharesAmong('one'), { nowMs: () => (nowMs += 10_000) });
    await run();
    expect(await Promise.all(replays.map(stateOf))).toMatchObject([{ queued: 10 }, { queued: 0 }]);
    await run();
    expect(await stateOf(replays[1] ?? { id: '' })).toMatchObject({ queued: 10 });
  });

  it('resumes after a crash, and the reconciler creates the missing jobs', async () => {
    await redis.queue.markPopulated();
    const replay = await addReplay(40);
    const crashing = { enqueue: () => Promise.reject(new Error('crash')) };
    await newReplayer(crashing)();
    expect(await stateOf(replay)).toMatchObject({ status: 'running', queued: 25 });
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 0 });

    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({ queued: 40 });
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 15 });

    await setDue(database.pool, await deliveriesOf(database.pool, replay), -60_000);
    await createReconciler({
      pool: database.pool,
      installationId: 'i',
      queue: redis.queue,
      shares: sharesAmong('one'),
      logger,
      metrics,
      priorities: new RetryPriorities(flowNowMs),
    })();
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 40 });
  });

  it('continues with other replays when one fails', async () => {
    await addReplay(10);
    const other = await addReplay(10);
    let calls = 0;
    await newReplayer({
      enqueue: () => ((calls += 1) === 1 ? Promise.reject(new Error('bug')) : Promise.resolve()),
    })();
    expect(await stateOf(other)).toMatchObject({ queued: 10 });
  });

  it('cancels a replay whose webhook is no longer active', async () => {
    const replay = await addReplay(400);
    await newReplayer()();
    const queued = await countOf('pending', replay.webhookId);
    expect(queued).toBeGreaterThan(0);
    await query(`UPDATE webhook SET status = 'suspended', epoch = 1 WHERE id = $1`, replay.webhookId);
    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({
      status: 'cancelled',
      queued,
      finished_at: expect.any(Date),
    });
    expect(await countOf('failed', replay.webhookId)).toBe(400 - queued);
  });

  it('replaces delayed jobs that an earlier replay has left: it was cancelled while deliveries waited for their retries', async () => {
    const { webhookId } = await addReplay(10);
    const rows = await query<{ id: string }>('SELECT id FROM delivery WHERE webhook_id = $1', webhookId);
    await redis.queue.enqueue(
      rows.slice(0, 4).map(({ id }) => ({ deliveryId: id, lane: 'replay', delayMs: 300_000 })),
    );
    await newReplayer()();
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 10, delayed: 0 });
  });

  it('ignores a cancelled replay', async () => {
    const replay = await addReplay(10);
    await query(`UPDATE replay SET status = 'cancelled' WHERE id = $1`, replay.id);
    await newReplayer()();
    expect(await countOf('failed', replay.webhookId)).toBe(10);
  });

  it('runs the replays of its share, and the others after their producer has died', async () => {
    const replays: { id: string }[] = [];
    for (let n = 0; n < 12; n += 1) replays.push(await addReplay(1));
    const queued = async (): Promise<number> => {
      const [row] = await query<{ queued: number }>(
        'SELECT sum(queued)::int AS queued FROM replay WHERE id = ANY ($1)',
        replays.map(({ id }) => id),
      );
      return row?.queued ?? 0;
    };
    await newReplayer(redis.queue, sharesAmong('one', 'two'))();
    expect(await queued()).toBeGreaterThan(0);
    expect(await queued()).toBeLessThan(12);
    await newReplayer(redis.queue, sharesAmong('one'))();
    expect(await queued()).toBe(12);
  });

  it('requeues each delivery once when two producers run the same replay', async () => {
    const replay = await addReplay(60);
    const enqueued: string[] = [];
    const add = (jobs: readonly DeliveryJob[]) => enqueued.push(...jobs.map(({ deliveryId }) => deliveryId));
    const other = newReplayer({ enqueue: async (jobs) => void add(jobs) });
    const runOnce = newReplayer({
      async enqueue(jobs) {
        add(jobs);
        await other();
      },
    });
    await runRepeatedly(runOnce);
    expect(await stateOf(replay)).toMatchObject({ queued: 60 });
    expect(enqueued).toHaveLength(60);
    expect(new Set(enqueued).size).toBe(60);
  });
});

/** Inserts a webhook with deliveries that wait for a retry, and a recovery of them. */
async function addRecovery(deliveries: number, { automatic = false, parked = true } = {}) {
  const { id, webhookId } = await addReplay(0);
  const recoveryId = newId();
  await query(
    `INSERT INTO recovery (id, tenant_id, webhook_id, since, until, automatic) VALUES ($1, $2, $3, now() - interval '1 day', now(), $4)`,
    recoveryId,
    DEFAULT_TENANT_ID,
    webhookId,
    automatic,
  );
  await query(
    `UPDATE replay SET status = 'running', finished_at = NULL, recovery_id = $2, statuses = '{failed,pending}' WHERE id = $1`,
    id,
    recoveryId,
  );
  const rows = await query<{ id: string }>(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, parked)
     SELECT overlay(posthorn_uuidv7()::text PLACING left(posthorn_uuid_floor(now() - interval '1 h')::text, 14) FROM 1)::uuid,
       posthorn_uuidv7(), $1, $2, now() + interval '5 min', 0, 2, $4
     FROM generate_series(1, $3) RETURNING id`,
    webhookId,
    DEFAULT_TENANT_ID,
    deliveries,
    parked,
  );
  return { id, webhookId, recoveryId, deliveryIds: rows.map((row) => row.id) };
}

const countOfQueued = async ({ id }: { id: string }) =>
  (await query<{ queued: number }>('SELECT queued FROM replay WHERE id = $1', id))[0]?.queued ?? 0;

/** Runs all jobs of the replay lane, one after the other. Returns the webhook of each. */
async function runLane(): Promise<string[]> {
  const expected = (await redis.queue.depth()).replay.waiting;
  const deliveryIds: string[] = [];
  const consumer = await consumeDeliveries(
    {
      ...redis.settings,
      lane: 'replay',
      concurrency: 1,
      onMalformed: () => {},
      enqueue: (jobs) => redis.queue.enqueue(jobs),
      onError: () => {},
    },
    async ({ deliveryId }) => {
      deliveryIds.push(deliveryId);
      return { reschedule: null };
    },
  );
  try {
    await eventually(() => expect(deliveryIds).toHaveLength(expected));
  } finally {
    await consumer.stop(new Deadline(30_000));
  }
  const rows = await query<{ id: string; webhook_id: string }>(
    'SELECT id, webhook_id FROM pending_delivery WHERE id = ANY ($1)',
    deliveryIds,
  );
  const webhookOf = new Map(rows.map(({ id, webhook_id: webhookId }) => [id, webhookId]));
  return deliveryIds.map((id) => webhookOf.get(id) ?? '');
}

describe('deliveries of different webhooks in the replay lane', () => {
  it('take turns, although one of them begins later', async () => {
    const replays = [await addReplay(300), await addReplay(300), await addReplay(40)];
    await runRepeatedly(newReplayer());
    const recovery = await addRecovery(60);
    await runRepeatedly(newReplayer());
    const order = await runLane();
    // In each round, every webhook that still has deliveries is sent one of them.
    const rounds = new Map<string, number>();
    const roundOf = order.map((webhookId) => {
      rounds.set(webhookId, (rounds.get(webhookId) ?? 0) + 1);
      return rounds.get(webhookId) ?? 0;
    });
    expect(order).toHaveLength(700);
    expect(roundOf).toEqual(roundOf.toSorted((a, b) => a - b));
    expect(rounds.get(recovery.webhookId)).toBe(60);
    expect(rounds.get(replays[0]?.webhookId ?? '')).toBe(300);
  });

  it('take turns when one of them has several replays', async () => {
    const many = await addReplay(400);
    for (let n = 0; n < 3; n += 1)
      await query(
        `INSERT INTO replay (id, tenant_id, webhook_id, statuses, event_types, total) VALUES ($1, $2, $3, '{}', '{}', 400)`,
        newId(),
        DEFAULT_TENANT_ID,
        many.webhookId,
      );
    await runRepeatedly(newReplayer());
    expect((await redis.queue.depth()).replay).toMatchObject({ waiting: 300 });
    const other = await addReplay(100);
    await runRepeatedly(newReplayer());
    const order = await runLane();
    expect(order.slice(0, 200).filter((webhookId) => webhookId === other.webhookId)).toHaveLength(100);
  });
});

describe('the replay of a recovery', () => {
  it('replaces the delayed jobs of deliveries that wait for a retry', async () => {
    const { deliveryIds } = await addRecovery(10, { parked: false });
    // The last retry may be the retry of an earlier recovery.
    const lanes = ['retry', 'replay'] as const;
    await redis.queue.enqueue(
      deliveryIds.map((deliveryId, n) => ({ deliveryId, lane: lanes[n % 2] ?? 'retry', delayMs: 300_000 })),
    );
    await newReplayer()();
    expect(await redis.queue.depth()).toMatchObject({
      replay: { waiting: 10, delayed: 0 },
      retry: { waiting: 0, delayed: 0 },
    });
  });

  it('does not wait for deliveries that have failed again', async () => {
    const replay = await addRecovery(700);
    const failAgain = () =>
      query(
        `UPDATE pending_delivery SET attempt_count = 3, next_attempt_at = now() + interval '1 h' WHERE webhook_id = $1 AND brought_forward`,
        replay.webhookId,
      );
    for (let round = 0; round < 3; round += 1) {
      await runRepeatedly(newReplayer());
      await failAgain();
    }
    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({ status: 'completed', queued: 700 });
    expect(await query('SELECT failed FROM replay WHERE id = $1', replay.id)).toEqual([{ failed: 700 }]);
  });

  it('drops its deliveries and ends when it is cancelled, except what was pending before', async () => {
    const replay = await addRecovery(3);
    const other = await addRecovery(3);
    await runRepeatedly(newReplayer());
    const cancel = (recoveryId: string) =>
      query('UPDATE recovery SET cancelled_at = now() WHERE id = $1', recoveryId);
    const [requeuedId, ofOtherId] = [replay, other].map(({ deliveryIds }) => deliveryIds[0]);
    await query('UPDATE pending_delivery SET brought_forward = false WHERE id = ANY ($1)', [
      requeuedId,
      ofOtherId,
    ]);
    await cancel(replay.recoveryId);
    await runRepeatedly(newReplayer());
    expect(await stateOf(replay)).toMatchObject({ status: 'cancelled', finished_at: expect.any(Date) });
    expect(await stateOf(other)).toMatchObject({ status: 'running' });
    const pending = await query<{ id: string }>(
      'SELECT id FROM pending_delivery WHERE webhook_id = ANY ($1) ORDER BY id',
      [replay.webhookId, other.webhookId],
    );
    const kept = [...replay.deliveryIds.slice(1), ...other.deliveryIds];
    expect(pending.map(({ id }) => id)).toEqual(kept.toSorted());
    expect(await query('SELECT status, reason FROM settled_delivery WHERE id = $1', requeuedId)).toEqual([
      { status: 'dropped', reason: 'replay_cancelled' },
    ]);
  });

  it('is logged as a recovery, with the id that the API knows', async () => {
    const { id, webhookId, recoveryId } = await addRecovery(1);
    await query('DELETE FROM pending_delivery WHERE webhook_id = $1', webhookId);
    const { id: ordinaryId } = await addReplay(1);
    await query(
      `UPDATE webhook SET status = 'suspended' WHERE id = (SELECT webhook_id FROM replay WHERE id = $1)`,
      ordinaryId,
    );
    const lines: unknown[][] = [];
    const info = (...line: unknown[]) => lines.push(line);
    await newReplayer(redis.queue, sharesAmong('one'), {
      logger: Object.assign(Object.create(logger), { info }),
    })();
    expect(lines).toEqual([
      [
        'recovery of a webhook completed',
        {
          recoveryId: encodeId('recovery', recoveryId),
          webhookId: encodeId('webhook', webhookId),
          queued: 0,
        },
      ],
      [
        'replay cancelled',
        { replayId: encodeId('replay', ordinaryId), queued: 0, cause: expect.any(String) },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain(encodeId('replay', id));
  });

  it('ends if it is automatic and the webhook fails again', async () => {
    const replay = await addRecovery(500, { automatic: true });
    await newReplayer()();
    const queued = await countOfQueued(replay);
    expect(queued).toBeGreaterThan(0);
    await query(
      `UPDATE webhook SET failing_since = now() - interval '1 min' WHERE id = $1`,
      replay.webhookId,
    );
    await query(
      `WITH failed AS (
         UPDATE pending_delivery SET next_attempt_at = now() + interval '1 h'
         WHERE id = (SELECT id FROM pending_delivery WHERE replay_id = $1 LIMIT 1) RETURNING *
       )
       INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number)
       SELECT posthorn_uuidv7(), id, event_id, webhook_id, tenant_id, now(), 5, attempt_count FROM failed`,
      replay.id,
    );
    await newReplayer()();
    expect(await stateOf(replay)).toMatchObject({ status: 'cancelled', queued });
    const rows = await query(
      'SELECT FROM pending_delivery WHERE webhook_id = $1 AND NOT brought_forward',
      replay.webhookId,
    );
    expect(rows).toHaveLength(500 - queued);
  });
});

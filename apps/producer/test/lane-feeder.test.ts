import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline, DEFAULT_TENANT_ID, type Lane, newId } from '@posthorn/core';
import { flowNowMs, RetryPriorities } from '@posthorn/flow';
import { consumeDeliveries, createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import { createLogger, Registry } from '@posthorn/runtime';
import { eventually, startOwnRedis, overriding } from '@posthorn/testkit';
import { createLaneFeeder } from '../src/lanes/lane-feeder.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { createReconciler } from '../src/reconciliation/reconciler.js';
import { sharesAmong } from './fixtures/shares-among.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

const database = useDatabase();
const redis = useQueue();
const metrics = producerMetrics(new Registry());
const logger = createLogger({ service: 'test', level: 'error' });
const LIMIT = 40;
const QUICKLY = { intervalMs: 5, timeoutMs: 500_000 };
let queue: DeliveryQueue;

beforeEach(async () => {
  queue = await createDeliveryQueue({ ...redis.settings, laneLimit: LIMIT });
});
afterEach(() => queue.stop());

const newFeeder = (member = 'one', ...others: string[]) =>
  createLaneFeeder({ pool: database.pool, queue, shares: sharesAmong(member, ...others), logger, metrics });

const INSERT_SLOW = 'INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, slow_since)';

interface Rows {
  count: number;
  /** Of the first one. The others are due one millisecond after the other. */
  dueInMs?: number;
  attemptCount?: number;
  isSlow?: boolean;
}

/** Inserts deliveries of one webhook without jobs, in the order of their ids and due times. */
async function addDeliveries({
  count,
  dueInMs = -60_000,
  attemptCount = 0,
  isSlow = false,
}: Rows): Promise<string[]> {
  const webhookId = randomUUID();
  if (isSlow)
    await database.pool.query(
      `${INSERT_SLOW} VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'active', now())`,
      [webhookId, DEFAULT_TENANT_ID],
    );
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count)
     SELECT id, $1, $1, $1, now() + ($3::integer + n) * interval '1 ms', 0, $4
     FROM unnest($2::uuid[]) WITH ORDINALITY AS t (id, n) RETURNING id`,
    [webhookId, Array.from({ length: count }, newId).toSorted(), dueInMs, attemptCount],
  );
  return rows.map(({ id }) => id).toSorted();
}

const enqueue = (ids: readonly string[], lane: Lane = 'fast') =>
  queue.enqueueFitting(ids.map((deliveryId) => ({ deliveryId, lane })));

async function untilEmpty(used: DeliveryQueue, lane: Lane): Promise<void> {
  await eventually(
    async () => expect((await used.depth())[lane]).toMatchObject({ waiting: 0, active: 0 }),
    QUICKLY,
  );
}

/** Feeds until no lane withholds deliveries. */
async function feedAll(feed: () => Promise<boolean>): Promise<void> {
  await eventually(async () => expect(await feed()).toBe(false), QUICKLY);
}

/** Ends the jobs that wait in a lane as a worker does, and returns their deliveries in the order of their runs. */
async function runAll(lane: Lane): Promise<string[]> {
  const { waiting } = (await queue.depth())[lane];
  const ran: string[] = [];
  const errors: Error[] = [];
  const consumer = await consumeDeliveries(
    {
      ...redis.settings,
      onMalformed: () => {},
      lane,
      concurrency: 1,
      enqueue: (jobs) => queue.enqueue(jobs),
      onError: (error) => errors.push(error),
    },
    async ({ deliveryId }) => {
      await database.pool.query('DELETE FROM pending_delivery WHERE id = $1', [deliveryId]);
      ran.push(deliveryId);
      return { reschedule: null };
    },
  );
  await untilEmpty(queue, lane);
  await consumer.stop(new Deadline(1000));
  expect(errors).toEqual([]);
  expect(ran).toHaveLength(waiting);
  return ran;
}

/** Feeds and runs a lane until it withholds nothing, and returns the deliveries in the order of their runs. */
async function drain(lane: Lane, feed = newFeeder()): Promise<string[]> {
  const ran: string[] = [];
  while ((await feed()) || (await queue.depth())[lane].waiting > 0) {
    const { waiting, delayed } = (await queue.depth())[lane];
    expect(waiting + delayed).toBeLessThanOrEqual(LIMIT);
    ran.push(...(await runAll(lane)));
  }
  return ran;
}

describe('the lane feeder', () => {
  it('finds nothing to do while no lane withholds deliveries', async () => {
    const ids = await addDeliveries({ count: 5 });
    expect(await newFeeder()()).toBe(false);
    expect(await queue.findMissingJobs(ids)).toEqual(new Set(ids));
  });

  it.each([
    ['fast', {}],
    ['retry', { attemptCount: 1 }],
  ] as const)('adds the withheld deliveries of the lane %s in their order, each once', async (lane, more) => {
    const ids = await addDeliveries({ count: 250, ...more });
    expect(await enqueue(ids, lane)).toBe(250 - LIMIT);
    expect(await drain(lane)).toEqual(ids);
    expect(await queue.withheld.list()).toEqual([]);
    expect(await enqueue(await addDeliveries({ count: 1, ...more }), lane)).toBe(0);
  });

  it('adds first attempts that were requested in the lane retry', async () => {
    const retries = await addDeliveries({ count: LIMIT, attemptCount: 1 });
    const requested = await addDeliveries({ count: 1 });
    expect(await enqueue([...retries, ...requested], 'retry')).toBe(1);
    expect(await drain('retry')).toEqual(retries);
    expect(await queue.findMissingJobs(requested)).toEqual(new Set());
  });

  it('adds first attempts and retries of slow webhooks', async () => {
    const ids = [
      ...(await addDeliveries({ count: 100, isSlow: true })),
      ...(await addDeliveries({ count: 100, isSlow: true, attemptCount: 1 })),
    ];
    await enqueue(ids, 'slow');
    expect((await drain('slow')).toSorted()).toEqual(ids.toSorted());
  });

  it('adds no job of a delivery that was parked or settled since it was read', async () => {
    const ids = await addDeliveries({ count: LIMIT + 10 });
    await enqueue(ids);
    await runAll('fast');
    const [parked, settled, ...others] = ids.slice(LIMIT);
    /** Workers record their attempts, and end their jobs. */
    const findMissingJobs: DeliveryQueue['findMissingJobs'] = async (some) => {
      await database.pool.query('UPDATE pending_delivery SET parked = true WHERE id = $1', [parked]);
      await database.pool.query('DELETE FROM pending_delivery WHERE id = $1', [settled]);
      return new Set(some);
    };
    const deps = { pool: database.pool, shares: sharesAmong('one'), logger, metrics };
    await feedAll(createLaneFeeder({ ...deps, queue: overriding(queue, { findMissingJobs }) }));
    expect(await runAll('fast')).toEqual(others);
  });

  it('adds the withheld deliveries of all shards', async () => {
    const settings = { ...redis.settings, shards: 3 };
    const sharded = await createDeliveryQueue({ ...settings, laneLimit: 30 });
    const ids = await addDeliveries({ count: 200 });
    const jobs = ids.map((deliveryId) => ({ deliveryId, lane: 'fast' as const }));
    expect(await sharded.enqueueFitting(jobs)).toBe(170);
    const ran: string[] = [];
    const consumer = await consumeDeliveries(
      {
        ...settings,
        onMalformed: () => {},
        lane: 'fast',
        concurrency: 3,
        enqueue: (again) => sharded.enqueue(again),
        onError: () => {},
      },
      async ({ deliveryId }) => {
        await database.pool.query('DELETE FROM pending_delivery WHERE id = $1', [deliveryId]);
        ran.push(deliveryId);
        return { reschedule: null };
      },
    );
    const deps = { pool: database.pool, shares: sharesAmong('one'), logger, metrics };
    await feedAll(createLaneFeeder({ ...deps, queue: sharded }));
    await untilEmpty(sharded, 'fast');
    expect(ran.toSorted()).toEqual(ids);
    await consumer.stop(new Deadline(1000));
    await sharded.stop();
  });

  it('adds deliveries whose lane has changed since', async () => {
    const ids = await addDeliveries({ count: 60 });
    await enqueue(ids);
    await database.pool.query(
      `${INSERT_SLOW} SELECT webhook_id, $1, 'https://receiver.example/', '[]', 1000, 'active', now() FROM pending_delivery LIMIT 1`,
      [DEFAULT_TENANT_ID],
    );
    await drain('fast');
    expect(await queue.depth()).toMatchObject({ slow: { waiting: 20 } });
    expect(await queue.withheld.list()).toEqual([]);
  });

  it('adds the retries that wait when the lane has room for delayed jobs', async () => {
    const later = await addDeliveries({ count: 30, attemptCount: 1, dueInMs: 300_000 });
    const due = await addDeliveries({ count: 30, attemptCount: 1 });
    const jobs = later.map((deliveryId) => ({ deliveryId, lane: 'retry' as const, delayMs: 300_000 }));
    expect(await queue.enqueueFitting(jobs)).toBe(10);
    await enqueue(due, 'retry');
    const feed = newFeeder();
    await feed();
    await feed();
    expect(await runAll('retry')).toEqual(due.slice(0, 20));
    await feed();
    expect(await runAll('retry')).toEqual(due.slice(20));
    // Too many jobs are delayed: those that are withheld are added when they are due, or fewer are delayed.
    await feed();
    expect(await queue.findMissingJobs(later)).toEqual(new Set(later.slice(20)));
    await Promise.all(later.slice(0, 15).map((id) => queue.removeJob(id, 'retry')));
    await database.pool.query('DELETE FROM pending_delivery WHERE id = ANY ($1)', [later.slice(0, 15)]);
    await feedAll(feed);
    expect((await queue.depth()).retry).toEqual({ waiting: 0, active: 0, delayed: 15 });
  });

  it('adds deliveries that are withheld while it ends', async () => {
    const ids = await addDeliveries({ count: LIMIT + 1 });
    await enqueue(ids);
    await runAll('fast');
    const late: string[] = [];
    /** A delivery is accepted before each change of the state. */
    const change: DeliveryQueue['withheld']['change'] = async (...args) => {
      const added = await addDeliveries({ count: 1 });
      await enqueue(added);
      late.push(...added);
      return queue.withheld.change(...args);
    };
    const deps = { pool: database.pool, shares: sharesAmong('one'), logger, metrics };
    const watched = overriding(queue, { withheld: { ...queue.withheld, change } });
    await feedAll(createLaneFeeder({ ...deps, queue: watched }));
    expect(await queue.findMissingJobs([...ids.slice(LIMIT), ...late])).toEqual(new Set());
    expect(late).toHaveLength(3);
  });

  it('lets one producer feed, and another one continue when that has died', async () => {
    const ids = await addDeliveries({ count: 100 });
    await enqueue(ids);
    const [first, second] = [newFeeder('one', 'two'), newFeeder('two', 'one')];
    await first();
    const ran = await runAll('fast');
    await second();
    expect((await queue.depth()).fast.waiting).toBe(0);
    await first();
    ran.push(...(await runAll('fast')));
    expect([...ran, ...(await drain('fast', newFeeder('two')))]).toEqual(ids);
  });

  it('changes nothing when it was frozen and another producer feeds the lane', async () => {
    const ids = await addDeliveries({ count: LIMIT + 5 });
    await enqueue(ids);
    await runAll('fast');
    const frozen = await queue.withheld.list();
    await newFeeder()();
    for (const lane of frozen) expect(await queue.withheld.change(lane, null)).toBe(false);
    expect(await queue.withheld.list()).toHaveLength(1);
  });

  it('is not disturbed by the reconciler, which leaves withheld deliveries to it', async () => {
    await queue.markPopulated();
    const ids = await addDeliveries({ count: 100 });
    await enqueue(ids);
    const recreated: number[] = [];
    const reconciler = createReconciler({
      pool: database.pool,
      installationId: randomUUID(),
      queue,
      shares: sharesAmong('one'),
      logger,
      metrics: { recreated: (count) => recreated.push(count) },
      priorities: new RetryPriorities(flowNowMs),
    });
    await runAll('fast');
    await reconciler();
    expect(recreated).toEqual([0]);
    expect(await drain('fast')).toEqual(ids.slice(LIMIT));
  });
});

it('drains a backlog that is many times larger than the memory of Redis', async () => {
  const server = await startOwnRedis('--maxmemory', '4mb', '--maxmemory-policy', 'noeviction');
  const settings = { redisUrl: server.redisUrl, prefix: 'full' };
  const full = await createDeliveryQueue(settings);
  const errors: unknown[] = [];
  const count = 16_000;
  await addDeliveries({ count, dueInMs: -count });
  const shares = sharesAmong('one');
  const deps = { pool: database.pool, queue: full, shares, logger, metrics };
  // Redis is empty, so the reconciler adds jobs until the lane is full.
  await createReconciler({
    ...deps,
    installationId: randomUUID(),
    priorities: new RetryPriorities(flowNowMs),
  })();
  expect((await full.depth()).fast).toEqual({ waiting: 1024, active: 0, delayed: 0 });

  const ran = new Set<string>();
  let batch: string[] = [];
  const consumer = await consumeDeliveries(
    {
      ...settings,
      onMalformed: () => {},
      lane: 'fast',
      concurrency: 200,
      enqueue: (jobs) => full.enqueue(jobs),
      onError: (error) => errors.push(error),
    },
    async ({ deliveryId }) => {
      batch.push(deliveryId);
      ran.add(deliveryId);
      await settleBatch();
      return { reschedule: null };
    },
  );
  let settling: Promise<unknown> | null = null;
  /** Settles the deliveries of one batch while the next one is collected. */
  async function settleBatch(): Promise<void> {
    await settling;
    settling ??= database.pool
      .query('DELETE FROM pending_delivery WHERE id = ANY ($1::uuid[])', [batch.splice(0)])
      .finally(() => (settling = null));
    await settling;
  }
  const feed = createLaneFeeder(deps);
  await feedAll(feed);
  await untilEmpty(full, 'fast');
  await consumer.stop(new Deadline(1000));
  expect(ran.size).toBe(count);
  expect(errors).toEqual([]);
  await full.stop();
  await server.stop();
}, 600_000);

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, type Lane, LIVE_CHAIN, newId } from '@posthorn/core';
import {
  addPending,
  addPendingRows,
  addSettled,
  addTenant,
  addWebhook,
  addWebhooks,
} from '@posthorn/database/fixtures';
import {
  consumeDeliveries,
  createDeliveryQueue,
  type DeliveryJob,
  type DeliveryQueue,
  Shards,
} from '@posthorn/queue';
import { flowNowMs, RetryPriorities, TaskShare } from '@posthorn/flow';
import { createLogger, Registry } from '@posthorn/runtime';
import { createRedisUser, eventually, overriding } from '@posthorn/testkit';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { createPromoter } from '../src/reconciliation/promoter.js';
import { createReconciler, type ReconcilerDeps } from '../src/reconciliation/reconciler.js';
import { sharesAmong } from './fixtures/shares-among.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

const database = useDatabase();
const metrics = producerMetrics(new Registry());
const redis = useQueue();
const INSTALLATION = newId();

const newReconciler = ({
  queue = redis.queue,
  shares = sharesAmong('one'),
  pool = database.pool,
  counted = metrics,
}: Partial<Pick<ReconcilerDeps, 'queue' | 'shares' | 'pool'>> & {
  counted?: ReconcilerDeps['metrics'];
} = {}) => {
  const logger = createLogger({ service: 'test', level: 'error' });
  return createReconciler({
    pool,
    installationId: INSTALLATION,
    queue,
    shares,
    logger,
    metrics: counted,
    priorities: new RetryPriorities(flowNowMs),
  });
};

interface Row {
  dueInMs?: number;
  parked?: boolean;
  status?: 'pending' | 'succeeded';
}

/** Inserts a delivery without a job. */
async function addDelivery({
  dueInMs = -60_000,
  parked = false,
  status = 'pending',
}: Row = {}): Promise<string> {
  const webhookId = await addWebhook(database.pool);
  return status === 'pending'
    ? addPending(database.pool, { webhookId, dueInMs, parked, attemptCount: parked ? 1 : 0 })
    : addSettled(database.pool, { webhookId, status });
}

/** Inserts deliveries of different webhooks without jobs. */
async function addDeliveries(count: number, overdueMs = 60_000): Promise<string[]> {
  const webhookIds = await addWebhooks(database.pool, count);
  return addPendingRows(
    database.pool,
    webhookIds.map((webhookId) => ({ webhookId, dueInMs: -overdueMs })),
  );
}

/** Stops the monotonic clock of this process. Returns a function that moves it by a number of milliseconds. */
function fakeMonotonicClock(): (ms: number) => number {
  let nowMs = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  return (ms) => (nowMs += ms);
}

/** Runs the jobs of a lane. Returns their deliveries in this order, as soon as there are `count`. */
async function runJobs(lane: Lane, count: number): Promise<string[]> {
  const tasks: string[] = [];
  const consumer = await consumeDeliveries(
    {
      ...redis.settings,
      lane,
      concurrency: 1,
      enqueue: (jobs) => redis.queue.enqueue(jobs),
      onMalformed: () => {},
      onError: () => {},
    },
    async ({ deliveryId }) => {
      tasks.push(deliveryId);
      return { reschedule: null };
    },
  );
  await eventually(() => expect(tasks).toHaveLength(count));
  await consumer.stop(new Deadline(1000));
  return tasks;
}

const missingJobs = async (...ids: string[]): Promise<string[]> => [
  ...(await redis.queue.findMissingJobs(ids)),
];

describe('the reconciler', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('recreates a missing job and keeps an existing one', async () => {
    await redis.queue.markPopulated();
    const [missing, existing] = [await addDelivery(), await addDelivery()];
    // The existing job is delayed. A recreated job would not be.
    await redis.queue.enqueue([{ deliveryId: existing, delayMs: 60_000, lane: 'fast' }]);
    await newReconciler()();
    expect(await missingJobs(missing, existing)).toEqual([]);
    expect((await redis.queue.depth()).fast).toEqual({ waiting: 1, active: 0, delayed: 1 });
  });

  it('puts the recreated job of a chain before those that wait, as the worker does', async () => {
    await redis.queue.markPopulated();
    const [waiting = '', missing = '', chained = ''] = await addDeliveries(3);
    await database.pool.query(
      `UPDATE pending_delivery SET chain = $2, ordering_key = '', sequence = 2 WHERE id = $1`,
      [chained, LIVE_CHAIN],
    );
    await redis.queue.enqueue([{ deliveryId: waiting, lane: 'fast' }]);
    await newReconciler()();
    expect(await runJobs('fast', 3)).toEqual([chained, waiting, missing]);
  });

  it('checks again soon after PostgreSQL has hung during a check', async () => {
    await redis.queue.markPopulated();
    const elapsed = fakeMonotonicClock();
    const hangOnce = jest.fn(() => 0).mockImplementationOnce(() => elapsed(60_000));
    const query = (text: string, values: unknown[]) => {
      hangOnce();
      return database.pool.query(text, values);
    };
    const reconciler = newReconciler({ pool: Object.assign(Object.create(database.pool), { query }) });
    await reconciler();
    const id = await addDelivery();
    elapsed(4900);
    await reconciler();
    expect(await missingJobs(id)).toEqual([id]);
    elapsed(200);
    await reconciler();
    expect(await missingJobs(id)).toEqual([]);
  });

  it('neither recreates nor counts a job that ended after its delivery was read', async () => {
    await redis.queue.markPopulated();
    const [recorded, held, waiting, lost] = await addDeliveries(4);
    await redis.queue.enqueue([recorded, held, waiting].map((id = '') => ({ deliveryId: id, lane: 'fast' })));
    const recreated: number[] = [];
    /** Ends two jobs, as workers do, between the two reads. */
    const findMissingJobs: DeliveryQueue['findMissingJobs'] = async (...args) => {
      await database.pool.query('DELETE FROM pending_delivery WHERE id = $1', [recorded]);
      await database.pool.query('UPDATE pending_delivery SET held = true WHERE id = $1', [held]);
      await redis.queue.removeJob(recorded ?? '', 'fast');
      await redis.queue.removeJob(held ?? '', 'fast');
      return redis.queue.findMissingJobs(...args);
    };
    await newReconciler({
      queue: overriding(redis.queue, { findMissingJobs }),
      counted: { recreated: (count) => recreated.push(count) },
    })();
    expect(recreated).toEqual([1]);
    expect(await missingJobs(recorded ?? '', held ?? '', waiting ?? '', lost ?? '')).toEqual([
      recorded,
      held,
    ]);
  });

  it('neither recreates nor counts a job that is replaced at this moment', async () => {
    await redis.queue.markPopulated();
    const [id = ''] = await addDeliveries(1);
    const recreated: number[] = [];
    const jobs: DeliveryJob[] = [];
    /** The releaser adds the job as soon as the previous one has ended. */
    const findMissingJobs: DeliveryQueue['findMissingJobs'] = async (...args) => {
      const missing = await redis.queue.findMissingJobs(...args);
      await redis.queue.enqueue([{ deliveryId: id, lane: 'retry', released: true }]);
      return missing;
    };
    const enqueueFitting: DeliveryQueue['enqueueFitting'] = (added) => {
      jobs.push(...added);
      return redis.queue.enqueueFitting(added);
    };
    await newReconciler({
      queue: overriding(redis.queue, { findMissingJobs, enqueueFitting }),
      counted: { recreated: (count) => recreated.push(count) },
    })();
    expect(recreated).toEqual([0]);
    expect(jobs).toEqual([]);
  });

  it('recreates jobs that exist but that no worker finds, of some more deliveries in each sweep', async () => {
    await redis.queue.markPopulated();
    const ids = (await addDeliveries(60, 120_000)).toSorted();
    await redis.queue.enqueue(ids.map((deliveryId) => ({ deliveryId, lane: 'fast', delayMs: 60_000 })));
    const unlisted = [ids[1] ?? '', ids[55] ?? ''];
    const searched: string[][] = [];
    const removeUnlistedJobs: DeliveryQueue['removeUnlistedJobs'] = async (some) => {
      searched.push([...some]);
      const found = unlisted.filter((id) => some.includes(id));
      await Promise.all(found.map((id) => redis.queue.removeJob(id, 'fast')));
      return found;
    };
    const elapsed = fakeMonotonicClock();
    const reconciler = newReconciler({ queue: overriding(redis.queue, { removeUnlistedJobs }) });
    for (const waiting of [1, 2, 2]) {
      await reconciler();
      expect((await redis.queue.depth()).fast).toEqual({ waiting, active: 0, delayed: 60 - waiting });
      elapsed(60_000);
    }
    expect(searched).toEqual([ids.slice(0, 50), ids.slice(50), ids.slice(0, 50)]);
  });

  it('ignores settled deliveries and recently due ones', async () => {
    await redis.queue.markPopulated();
    const ids = [await addDelivery({ status: 'succeeded' }), await addDelivery({ dueInMs: -100 })];
    await newReconciler()();
    expect(await missingJobs(...ids)).toEqual(ids);
  });

  it('enqueues every pending delivery after Redis has lost its data', async () => {
    const ids = [
      await addDelivery({ dueInMs: -100 }),
      await addDelivery(),
      await addDelivery({ dueInMs: 300_000 }),
    ];
    const reconciler = newReconciler();
    await reconciler();
    expect(await missingJobs(...ids)).toEqual([]);
    await redis.clear();
    expect(await missingJobs(...ids)).toEqual(ids);
    await reconciler();
    expect(await missingJobs(...ids)).toEqual([]);
    expect((await redis.queue.depth()).fast).toEqual({ waiting: 2, active: 0, delayed: 1 });
    expect(await redis.queue.population()).toEqual([expect.any(String)]);
  });

  it('claims the prefix again after Redis has lost its data', async () => {
    await newReconciler()();
    await redis.clear();
    await newReconciler()();
    await expect(redis.queue.claimPrefix(newId())).rejects.toThrow('another installation');
  });

  it('adds no jobs under the prefix of another installation', async () => {
    await redis.queue.claimPrefix(newId());
    const id = await addDelivery();
    await expect(newReconciler()()).rejects.toThrow('another installation');
    expect(await missingJobs(id)).toEqual([id]);
  });

  it('enqueues several pages', async () => {
    await addDeliveries(2500);
    await newReconciler()();
    expect((await redis.queue.depth()).fast).toMatchObject({ waiting: 2500 });
  });

  it('enqueues parked retries when they are due, and not before', async () => {
    const due = await addDelivery({ parked: true, dueInMs: 1000 });
    const later = await addDelivery({ parked: true, dueInMs: 60_000 });
    await createPromoter({
      pool: database.pool,
      queue: redis.queue,
      priorities: new RetryPriorities(flowNowMs),
    })();
    expect(await missingJobs(due, later)).toEqual([later]);
    const { rows } = await database.pool.query('SELECT id FROM delivery WHERE parked');
    expect(rows).toEqual([{ id: later }]);
  });

  it('puts the parked retries of a tenant with few before the retries of a tenant with many', async () => {
    const { pool } = database;
    const ofMany = await addWebhooks(pool, 300, { tenantId: await addTenant(pool) });
    const parked = { dueInMs: -2000, parked: true, attemptCount: 3 };
    await addPendingRows(
      pool,
      ofMany.map((webhookId) => Object.assign({ webhookId }, parked)),
    );
    const webhookId = await addWebhook(pool, { tenantId: await addTenant(pool) });
    const few = await addPending(pool, { ...parked, webhookId, dueInMs: -1000 });
    await createPromoter({
      pool: database.pool,
      queue: redis.queue,
      priorities: new RetryPriorities(flowNowMs),
    })();
    const tasks = await runJobs('retry', 301);
    expect(tasks.indexOf(few)).toBeLessThanOrEqual(100);
  });

  it('checks its share of the webhooks, and the others after their producer has died', async () => {
    const ids = await addDeliveries(40);
    await newReconciler({ shares: sharesAmong('one', 'two') })();
    const ofTheOther = await missingJobs(...ids);
    expect(ofTheOther.length).toBeGreaterThan(5);
    expect(ofTheOther.length).toBeLessThan(35);
    await newReconciler({ shares: sharesAmong('two', 'one') })();
    expect(await missingJobs(...ids)).toEqual([]);

    await redis.clear();
    await newReconciler({ shares: sharesAmong('one', 'two') })();
    expect(await missingJobs(...ids)).toHaveLength(ofTheOther.length);
    await newReconciler()();
    expect(await missingJobs(...ids)).toEqual([]);
  });

  it('checks its share completely when another producer was first after a loss of data', async () => {
    const [one, two] = [sharesAmong('one', 'two'), sharesAmong('two', 'one')].map((shares) =>
      newReconciler({ shares }),
    );
    await one?.();
    await two?.();
    const ids = await addDeliveries(20);
    for (let n = 0; n < 20; n += 1) ids.push(await addDelivery({ dueInMs: 300_000 }));
    await redis.clear();
    await one?.();
    expect(await redis.queue.population()).toEqual([expect.any(String)]);
    await two?.();
    expect(await missingJobs(...ids)).toEqual([]);
  });

  it('takes over webhooks of a producer that dies during the check, from the first page on', async () => {
    const ids = await addDeliveries(2500);
    let joins = 0;
    const shares = {
      join: () => Promise.resolve(new TaskShare('one', (joins += 1) < 3 ? ['one', 'two'] : ['one'])),
    };
    await newReconciler({ shares })();
    expect(await missingJobs(...ids)).toEqual([]);
  });

  it('creates each job once when two producers check the same webhooks', async () => {
    const ids = await addDeliveries(40);
    await Promise.all([newReconciler()(), newReconciler()()]);
    expect((await redis.queue.depth()).fast).toMatchObject({ waiting: ids.length });
  });

  it('does not mark Redis as populated when enqueueing fails', async () => {
    await addDelivery();
    const failing = overriding(redis.queue, {
      enqueueFitting: () => Promise.reject(new Error('unavailable')),
    });
    await expect(newReconciler({ queue: failing })()).rejects.toThrow('unavailable');
    expect(await redis.queue.population()).toEqual([null]);
  });

  it('recreates the jobs of the other shards while one does not reply, and later its own', async () => {
    const settings = { ...redis.settings, shards: 3 };
    const shards = new Shards(settings);
    const user = await createRedisUser(settings.redisUrl, '&*', '+@all');
    const queue = await createDeliveryQueue({ ...settings, redisUrl: user.redisUrl });
    try {
      const ids = await addDeliveries(30);
      const reconciler = newReconciler({ queue });
      const [, ...others] = shards.prefixes;
      await user.change('resetkeys', ...[settings.prefix, ...others].map((prefix) => `~${prefix}:*`));
      await expect(reconciler()).rejects.toThrow('NOPERM');
      await user.change('~*');
      expect(await queue.findMissingJobs(ids)).toEqual(new Set(ids.filter((id) => shards.indexOf(id) === 0)));
      await reconciler();
      expect(await queue.findMissingJobs(ids)).toEqual(new Set());
      expect(await queue.population()).not.toContain(null);
    } finally {
      await queue.stop();
      await user.drop();
    }
  });
});

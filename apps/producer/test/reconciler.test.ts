import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLogger, Registry } from '@posthorn/runtime';
import { producerMetrics } from '../src/producer-metrics.js';
import { createReconciler } from '../src/reconciler.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

const database = useDatabase();
const metrics = producerMetrics(new Registry());
const redis = useQueue();

const newReconciler = () => {
  const logger = createLogger({ service: 'test', level: 'error' });
  return createReconciler({ pool: database.pool, queue: redis.queue, logger, metrics });
};

interface Row {
  dueInMs?: number;
  parked?: boolean;
  status?: 'pending' | 'succeeded';
}

/** A delivery as it stands in PostgreSQL, without a job. */
async function addDelivery({
  dueInMs = -60_000,
  parked = false,
  status = 'pending',
}: Row = {}): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, parked, status)
     VALUES (posthorn_uuidv7(), $1, $1, $1, $2, 0, $3, $4) RETURNING id`,
    [randomUUID(), new Date(Date.now() + dueInMs), parked, status],
  );
  return rows[0]?.id ?? '';
}

const withoutJob = async (...ids: string[]): Promise<string[]> => [
  ...(await redis.queue.findMissingJobs(ids)),
];

describe('a round of the reconciler', () => {
  it('gives a due delivery without a job one, and leaves one with a job alone', async () => {
    await redis.queue.markPopulated();
    const [lost, kept] = [await addDelivery(), await addDelivery()];
    // Its job waits for later, which it would not if it were made again.
    await redis.queue.enqueue([{ deliveryId: kept, dueAt: new Date(Date.now() + 60_000), lane: 'fast' }]);
    await newReconciler().reconcile();
    expect(await withoutJob(lost, kept)).toEqual([]);
    expect((await redis.queue.depth()).fast).toEqual({ waiting: 1, active: 0, delayed: 1 });
  });

  it('leaves alone what is over, and what was made just now and may get its job yet', async () => {
    await redis.queue.markPopulated();
    const ids = [await addDelivery({ status: 'succeeded' }), await addDelivery({ dueInMs: -100 })];
    await newReconciler().reconcile();
    expect(await withoutJob(...ids)).toEqual(ids);
  });

  it('fills a Redis that has come back empty with everything that is pending', async () => {
    const ids = [
      await addDelivery({ dueInMs: -100 }),
      await addDelivery(),
      await addDelivery({ dueInMs: 300_000 }),
    ];
    const reconciler = newReconciler();
    await reconciler.reconcile();
    expect(await withoutJob(...ids)).toEqual([]);
    await redis.clear();
    expect(await withoutJob(...ids)).toEqual(ids);
    await reconciler.reconcile();
    expect(await withoutJob(...ids)).toEqual([]);
    expect((await redis.queue.depth()).fast).toEqual({ waiting: 2, active: 0, delayed: 1 });
    expect(await redis.queue.isPopulated()).toBe(true);
  });

  it('fills more than a page', async () => {
    await database.pool.query(`
      INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
      SELECT posthorn_uuidv7(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 0
      FROM generate_series(1, 2500)`);
    await newReconciler().reconcile();
    expect((await redis.queue.depth()).fast).toMatchObject({ waiting: 2500 });
  });

  it('takes retries out of the park when they come due, and not before', async () => {
    const due = await addDelivery({ parked: true, dueInMs: 1000 });
    const later = await addDelivery({ parked: true, dueInMs: 60_000 });
    await newReconciler().promote();
    expect(await withoutJob(due, later)).toEqual([later]);
    const { rows } = await database.pool.query('SELECT id FROM delivery WHERE parked');
    expect(rows).toEqual([{ id: later }]);
  });

  it('is done by one producer at a time', async () => {
    let rounds = 0;
    const counting = {
      ...redis.queue,
      isPopulated: async () => {
        rounds += 1;
        await other.reconcile();
        return redis.queue.isPopulated();
      },
    };
    const logger = createLogger({ service: 'test', level: 'error' });
    const first = createReconciler({ pool: database.pool, queue: counting, logger, metrics });
    const other = createReconciler({ pool: database.pool, queue: counting, logger, metrics });
    await first.reconcile();
    expect(rounds).toBe(1);
  });

  it('does not call Redis filled before it is', async () => {
    await addDelivery();
    const logger = createLogger({ service: 'test', level: 'error' });
    const failing = { ...redis.queue, enqueue: () => Promise.reject(new Error('away')) };
    await expect(
      createReconciler({ pool: database.pool, queue: failing, logger, metrics }).reconcile(),
    ).rejects.toThrow('away');
    expect(await redis.queue.isPopulated()).toBe(false);
  });
});

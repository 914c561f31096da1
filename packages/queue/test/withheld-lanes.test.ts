import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Lane, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import {
  CLOSING,
  consumeDeliveries,
  createDeliveryQueue,
  type DeliveryJob,
  type DeliveryQueue,
  type WithheldLane,
} from '../src/index.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const LIMIT = 20;
let queue: DeliveryQueue;

beforeEach(async () => {
  queue = await createDeliveryQueue({ redisUrl: inUse.redisUrl, prefix: inUse.prefix, laneLimit: LIMIT });
});
afterEach(() => queue.stop());

const jobs = (count: number, more: Partial<DeliveryJob> = {}): DeliveryJob[] =>
  Array.from({ length: count }, () => ({ deliveryId: newId(), lane: 'retry', ...more }));

const depthOf = async (lane: Lane) => (await queue.depth())[lane];

/** Returns the only lane that withholds deliveries. */
async function withheldLane(): Promise<WithheldLane> {
  const [lane, ...others] = await queue.withheld.list();
  expect(others).toEqual([]);
  if (!lane) throw new Error('No lane withholds deliveries');
  return lane;
}

describe('a lane with as many jobs as it may have', () => {
  it('counts waiting, prioritized and delayed jobs, and withholds further ones', async () => {
    await queue.enqueue([...jobs(5), ...jobs(5, { priority: 1 }), ...jobs(5, { delayMs: 60_000 })]);
    expect(await queue.withheld.list()).toEqual([]);
    expect(await queue.enqueueFitting(jobs(8))).toBe(3);
    expect(await depthOf('retry')).toEqual({ waiting: 15, active: 0, delayed: 5 });
    expect(await queue.withheld.list()).toEqual([
      { lane: 'retry', shard: 0, state: 'withholding', room: 0, isLow: false, hasRoomForDelayed: true },
    ]);
    expect(await queue.enqueueFitting(jobs(1, { lane: 'fast' }))).toBe(0);
  });

  it('keeps jobs that exist, and withholds none of them', async () => {
    const added = jobs(LIMIT);
    await queue.enqueue(added);
    expect(await queue.enqueueFitting(added)).toBe(0);
    expect(await queue.withheld.list()).toEqual([]);
  });

  it('withholds newer deliveries while older ones are withheld, although it has room', async () => {
    const added = jobs(LIMIT);
    await queue.enqueue([...added, ...jobs(1)]);
    await Promise.all(added.slice(0, 10).map(({ deliveryId }) => queue.removeJob(deliveryId, 'retry')));
    expect(await withheldLane()).toMatchObject({ room: 10, isLow: true });
    expect(await queue.enqueueFitting(jobs(2))).toBe(2);
    expect(await queue.enqueueFitting(jobs(12, { fed: true }))).toBe(2);
    expect(await depthOf('retry')).toMatchObject({ waiting: LIMIT });
  });

  it('takes some prioritized jobs, and all released ones and next ones of chains', async () => {
    await queue.enqueue(jobs(LIMIT + 1));
    expect(await queue.enqueueFitting(jobs(7, { prioritized: true }))).toBe(2);
    expect(await queue.enqueueFitting(jobs(50, { released: true }))).toBe(0);
    expect(await queue.enqueueFitting(jobs(50, { isNext: true }))).toBe(0);
  });

  it('uses at most half of its room for delayed jobs', async () => {
    expect(await queue.enqueueFitting(jobs(12, { delayMs: 60_000 }))).toBe(2);
    expect(await queue.enqueueFitting(jobs(12, { fed: true }))).toBe(2);
    expect(await depthOf('retry')).toEqual({ waiting: 10, active: 0, delayed: 10 });
  });

  it('takes new deliveries while it is closing, and withholds again when it is full', async () => {
    await queue.enqueue(jobs(LIMIT + 1));
    const lane = await withheldLane();
    expect(await queue.withheld.change(lane, `${CLOSING}mine`)).toBe(true);
    expect(await queue.withheld.change(lane, `${CLOSING}stale`)).toBe(false);
    await inUse.redis.del(`${inUse.prefix}:deliveries-retry:wait`);
    expect(await queue.enqueueFitting(jobs(LIMIT))).toBe(0);
    expect(await withheldLane()).toMatchObject({ state: `${CLOSING}mine` });
    expect(await queue.enqueueFitting(jobs(1))).toBe(1);
    const full = await withheldLane();
    expect(full).toMatchObject({ state: 'withholding' });
    expect(await queue.withheld.change({ ...full, state: `${CLOSING}mine` }, null)).toBe(false);
    expect(await queue.withheld.change(full, null)).toBe(true);
    expect(await queue.withheld.list()).toEqual([]);
  });
});

describe('a worker of a lane with too many delayed jobs', () => {
  it('completes the job of a retry in the same lane, which is withheld, and keeps one in flight', async () => {
    const errors: Error[] = [];
    await queue.enqueue(jobs(10, { lane: 'fast', delayMs: 60_000 }));
    const [retried = '', inFlight = ''] = jobs(2).map(({ deliveryId }) => deliveryId);
    await queue.enqueue([retried, inFlight].map((deliveryId) => ({ deliveryId, lane: 'fast' })));
    inUse.onStop(
      await consumeDeliveries(
        {
          redisUrl: inUse.redisUrl,
          prefix: inUse.prefix,
          lane: 'fast',
          onMalformed: () => {},
          concurrency: 1,
          enqueue: (added) => queue.enqueue(added),
          withholdDelayed: (...job) => queue.withheld.withholdDelayed(...job),
          onError: (error) => errors.push(error),
        },
        ({ deliveryId }) =>
          Promise.resolve({
            reschedule: { lane: 'fast', delayMs: 60_000, isInFlight: deliveryId === inFlight },
          }),
      ),
    );
    await eventually(async () =>
      expect(await depthOf('fast')).toEqual({ waiting: 0, active: 0, delayed: 11 }),
    );
    expect(await queue.findMissingJobs([retried, inFlight])).toEqual(new Set([retried]));
    expect(await withheldLane()).toMatchObject({ lane: 'fast', hasRoomForDelayed: false });
    expect(errors).toEqual([]);
  });
});

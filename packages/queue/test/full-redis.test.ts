import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline, newId } from '@posthorn/core';
import { eventually, type OwnRedis, startOwnRedis } from '@posthorn/testkit';
import { consumeDeliveries, createDeliveryQueue, type DeliveryQueue } from '../src/index.js';

let server: OwnRedis;
let settings: { redisUrl: string; prefix: string };
let queue: DeliveryQueue;

beforeEach(async () => {
  server = await startOwnRedis('--maxmemory-policy', 'noeviction');
  settings = { redisUrl: server.redisUrl, prefix: 'full' };
  queue = await createDeliveryQueue(settings);
});
afterEach(async () => {
  await queue.stop();
  await server.stop();
});

const jobs = (count: number, delayMs = 0) =>
  Array.from({ length: count }, () => ({ deliveryId: newId(), lane: 'fast' as const, delayMs }));

describe('a Redis above its maxmemory', () => {
  it('accepts no job, and loses none: workers run those that wait', async () => {
    await queue.enqueue([...jobs(1000), ...jobs(10, 1)]);
    await server.redis.config('SET', 'maxmemory', '1000');
    await expect(queue.enqueue(jobs(1))).rejects.toThrow('OOM');

    // A worker can complete the job of a retry, which leaves Redis.
    expect(await queue.withheld.withholdDelayed(newId(), 'fast', 1_000_000)).toBe(true);

    const errors: Error[] = [];
    let runs = 0;
    const onError = (error: Error) => errors.push(error);
    const consumer = await consumeDeliveries(
      {
        ...settings,
        lane: 'fast',
        concurrency: 10,
        onMalformed: () => {},
        enqueue: (added) => queue.enqueue(added),
        onError,
      },
      () => {
        runs += 1;
        return Promise.resolve({ reschedule: null });
      },
    );
    await eventually(() => expect([runs, ...errors]).toEqual([1010]));
    await consumer.stop(new Deadline(5000));
    expect((await queue.depth()).fast).toEqual({ waiting: 0, active: 0, delayed: 0 });
    expect(errors).toEqual([]);
  });
});

describe('the limit of a lane', () => {
  it.each([
    ['is derived from maxmemory', {}, 8192],
    ['is the one that is configured', { laneLimit: 20 }, 20],
    ['is divided among the shards', { laneLimit: 20, shards: 4 }, 20],
  ])('%s', async (_case, more, limit) => {
    await server.redis.config('SET', 'maxmemory', '32mb');
    const limited = await createDeliveryQueue({ ...settings, ...more });
    const added = jobs(limit + 1000);
    expect(await limited.enqueueFitting(added)).toBe(1000);
    expect((await limited.depth()).fast).toMatchObject({ waiting: limit });
    await limited.stop();
  });
});

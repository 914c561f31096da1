import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Deadline, newId } from '@posthorn/core';
import { createDeliveryQueue, type DeliveryQueue, type DeliveryTask } from '@posthorn/queue';
import { createLogger } from '@posthorn/runtime';
import { eventually, freshQueuePrefix } from '@posthorn/testkit';
import { DeliveryRunner } from '../../src/lanes/delivery-runner.js';
import { LanePermits } from '../../src/lanes/lane-permits.js';
import { LaneTurns } from '../../src/lanes/lane-turns.js';
import { type Lanes, startLanes } from '../../src/lanes/lanes.js';

const redis = freshQueuePrefix();
const concurrency = { fast: 40, slow: 1, retry: 1, replay: 1 };

let queue: DeliveryQueue;
let lanes: Lanes;
let inFlight: { task: DeliveryTask; end: () => void }[];
/** The number in flight at each start of a delivery while the concurrency was limited. */
let limitedCounts: number[];
let isStopping: boolean;
let permits: LanePermits;

beforeEach(async () => {
  inFlight = [];
  limitedCounts = [];
  isStopping = false;
  permits = new LanePermits({ concurrency, maxDetached: 0, maxDetachedBytes: 0 });
  queue = await createDeliveryQueue(redis);
  const runner = new DeliveryRunner({
    queue,
    permits,
    turns: new LaneTurns({
      concurrency: concurrency.fast,
      limitFast(limit) {
        lanes.fast.limit(limit);
        permits.limit('fast', limit);
      },
      utilization: () => 0,
    }),
    async deliver(task) {
      if (isStopping) return { reschedule: null };
      await new Promise<void>((end) => {
        inFlight.push({ task, end });
        if (permits.isLimited) limitedCounts.push(inFlight.length);
      });
      return { reschedule: null };
    },
    onError() {},
  });
  const options = {
    ...redis,
    concurrency,
    enqueue: (jobs: Parameters<DeliveryQueue['enqueue']>[0]) => queue.enqueue(jobs),
    logger: createLogger({ service: 'test', level: 'error' }),
    reportInternalError: () => {},
  };
  lanes = await startLanes(options, (task) => runner.run(task));
});

afterEach(async () => {
  isStopping = true;
  for (const { end } of inFlight) end();
  await lanes.stop(new Deadline(1000));
  await queue.stop();
  await redis.clear();
});

const enqueue = (count: number, prioritized = false) =>
  queue.enqueue(
    Array.from({ length: count }, () => ({
      deliveryId: newId(),
      lane: 'fast',
      prioritized,
    })),
  );

it('runs as many deliveries as the concurrency of the fast lane', async () => {
  await enqueue(60);
  await eventually(() => expect(inFlight).toHaveLength(40));
});

it('limits the concurrency while prioritized jobs arrive, then restores it', async () => {
  await enqueue(1, true);
  await eventually(() => expect(inFlight).toHaveLength(1));
  await enqueue(100);
  await eventually(() => expect(inFlight).toHaveLength(40));
  // The limit starts with 16 and grows by one every 100 ms, for two seconds.
  expect(limitedCounts[0]).toBe(1);
  expect(Math.max(...limitedCounts)).toBeLessThan(40);
});

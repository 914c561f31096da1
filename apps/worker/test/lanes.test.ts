import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Deadline, type Part } from '@posthorn/core';
import { createDeliveryQueue, type DeliveryQueue, type DeliveryTask } from '@posthorn/queue';
import { createLogger } from '@posthorn/runtime';
import { eventually, freshQueuePrefix } from '@posthorn/testkit';
import { LanePlaces } from '../src/lane-places.js';
import { startLanes } from '../src/lanes.js';

const redis = freshQueuePrefix();
const concurrency = { fast: 40, slow: 1, retry: 1, replay: 1 };

let queue: DeliveryQueue;
let lanes: Part;
let inFlight: { task: DeliveryTask; end: () => void }[];
let maxInFlight: number;
let places: LanePlaces;

beforeEach(async () => {
  inFlight = [];
  maxInFlight = 0;
  places = new LanePlaces({ concurrency, maxDetached: 0, maxDetachedBytes: 0 });
  queue = await createDeliveryQueue(redis);
  const options = {
    ...redis,
    concurrency,
    places,
    enqueue: queue.enqueue,
    logger: createLogger({ service: 'test', level: 'error' }),
  };
  lanes = await startLanes(options, async (task) => {
    await new Promise<void>((end) => inFlight.push({ task, end }));
    return { reschedule: null };
  });
});

afterEach(async () => {
  endAll();
  await lanes.stop(new Deadline(1000));
  await queue.stop();
  await redis.clear();
});

function endAll(): void {
  for (const { end } of inFlight.splice(0)) end();
}

const enqueue = (count: number, prioritized = false) =>
  queue.enqueue(
    Array.from({ length: count }, () => ({
      deliveryId: randomUUID(),
      lane: 'fast',
      prioritized,
    })),
  );

/** Ends deliveries until none waits. Keeps the highest number in flight. */
async function drain(): Promise<void> {
  await eventually(async () => {
    endAll();
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    maxInFlight = Math.max(maxInFlight, inFlight.length);
    expect((await queue.depth()).fast).toEqual({ waiting: 0, active: 0, delayed: 0 });
  });
}

it('runs as many deliveries as the concurrency of the fast lane', async () => {
  await enqueue(60);
  await eventually(() => expect(inFlight).toHaveLength(40));
});

it('limits the concurrency while prioritized jobs arrive, then restores it', async () => {
  await enqueue(1, true);
  await enqueue(100);
  await eventually(() => expect(inFlight.some(({ task }) => task.prioritized)).toBe(true));
  endAll();
  await drain();
  expect(maxInFlight).toBeLessThanOrEqual(24);

  await eventually(async () => {
    endAll();
    await enqueue(100);
    await eventually(() => expect(inFlight).toHaveLength(40), { timeoutMs: 500 });
  });
});

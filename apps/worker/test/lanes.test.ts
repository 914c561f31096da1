import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Deadline, type Part } from '@posthorn/core';
import { createDeliveryQueue, type DeliveryQueue, type DeliveryTask } from '@posthorn/queue';
import { createLogger } from '@posthorn/runtime';
import { eventually, freshQueuePrefix } from '@posthorn/testkit';
import { startLanes } from '../src/lanes.js';

const redis = freshQueuePrefix();
const places = { fast: 40, slow: 1, retry: 1, replay: 1 };

let queue: DeliveryQueue;
let lanes: Part;
let underWay: { task: DeliveryTask; end: () => void }[];
let most: number;

beforeEach(async () => {
  underWay = [];
  most = 0;
  queue = await createDeliveryQueue(redis);
  const options = {
    ...redis,
    places,
    enqueue: queue.enqueue,
    logger: createLogger({ service: 'test', level: 'error' }),
  };
  lanes = await startLanes(options, async (task) => {
    await new Promise<void>((end) => underWay.push({ task, end }));
    return { again: null };
  });
});

afterEach(async () => {
  endAll();
  await lanes.stop(new Deadline(1000));
  await queue.stop();
  await redis.clear();
});

function endAll(): void {
  for (const { end } of underWay.splice(0)) end();
}

const enqueue = (count: number, prioritized = false) =>
  queue.enqueue(
    Array.from({ length: count }, () => ({
      deliveryId: randomUUID(),
      dueAt: new Date(),
      lane: 'fast',
      prioritized,
    })),
  );

/** Until nothing waits; remembers the most that were under way since the first ones ended. */
async function drain(): Promise<void> {
  await eventually(async () => {
    endAll();
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    most = Math.max(most, underWay.length);
    expect((await queue.depth()).fast).toEqual({ waiting: 0, active: 0, delayed: 0 });
  });
}

it('uses every place of the fast lane', async () => {
  await enqueue(60);
  await eventually(() => expect(underWay).toHaveLength(40));
});

it('works on fewer at a time while one tenant keeps others waiting, and then on as many as before', async () => {
  await enqueue(1, true);
  await enqueue(100);
  await eventually(() => expect(underWay.some(({ task }) => task.prioritized)).toBe(true));
  endAll();
  await drain();
  expect(most).toBeLessThanOrEqual(24);

  await eventually(async () => {
    endAll();
    await enqueue(100);
    await eventually(() => expect(underWay).toHaveLength(40), { timeoutMs: 500 });
  });
});

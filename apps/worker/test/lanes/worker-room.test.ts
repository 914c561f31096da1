import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openTaskShares, type TaskShares } from '@posthorn/flow';
import { type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { WorkerRoom } from '../../src/lanes/worker-room.js';

const BUSY = 0.9;

let queue: FreshQueuePrefix;
const opened: TaskShares[] = [];

beforeEach(() => {
  queue = freshQueuePrefix();
});
afterEach(async () => {
  for (const shares of opened.splice(0)) await shares.stop();
  await queue.clear();
});

async function openWorker(name: string, initialUtilization: number) {
  const shares = await openTaskShares(queue, name);
  opened.push(shares);
  const worker = { utilization: initialUtilization };
  const room = new WorkerRoom({ shares, utilization: () => worker.utilization });
  await room.report();
  return Object.assign(worker, { room });
}

it('is here while no other worker has room', async () => {
  const worker = await openWorker('a', BUSY);
  expect(worker.room.isOnlyElsewhere).toBe(false);
  await openWorker('b', BUSY);
  await worker.room.report();
  expect(worker.room.isOnlyElsewhere).toBe(false);
});

it('is only elsewhere while this worker is busy and another one is not', async () => {
  const other = await openWorker('b', 0);
  const worker = await openWorker('a', BUSY);
  expect(worker.room.isOnlyElsewhere).toBe(true);
  worker.utilization = 0;
  expect(worker.room.isOnlyElsewhere).toBe(false);
  worker.utilization = BUSY;
  other.utilization = BUSY;
  await other.room.report();
  await worker.room.report();
  expect(worker.room.isOnlyElsewhere).toBe(false);
});

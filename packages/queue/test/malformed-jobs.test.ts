import { expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { startWorker, useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

/** Ids of jobs that Posthorn cannot have added. */
const MALFORMED = [
  `d_' OR 1=1--`,
  'd_ffffffff-ffff-7fff-bfff-ffffffffffff',
  'd_',
  'd_0197a000-0000-4000-8000-000000000001',
  'D_0197a000-0000-7000-8000-000000000001',
  'd_0197A000-0000-7000-8000-00000000000A',
  'd_0197a000-0000-7000-8000-000000000001\n',
];

it('removes a job that Posthorn cannot have added, reports it once, and runs no delivery for it', async () => {
  const lane = new Queue('deliveries-fast', { connection: inUse.redis, prefix: inUse.prefix });
  for (const jobId of MALFORMED) await lane.add('deliver', {}, { jobId });
  const worker = await startWorker(inUse);
  const good = newId();
  await inUse.queue.enqueue([{ deliveryId: good, lane: 'fast' }]);
  expect(await worker.waitForTasks(1)).toMatchObject([{ deliveryId: good }]);
  const idle = { waiting: 0, active: 0, delayed: 0 };
  await eventually(async () => expect((await inUse.queue.depth()).fast).toEqual(idle));
  expect(worker.malformed.toSorted()).toEqual(MALFORMED.toSorted());
  expect([worker.tasks.length, worker.errors]).toEqual([1, []]);
  expect(await inUse.redis.keys(`${inUse.prefix}:deliveries-fast:[dD]_*`)).toEqual([]);
});

it('runs a delivery behind 2,000 malformed jobs, none of which runs again', async () => {
  const lane = new Queue('deliveries-fast', { connection: inUse.redis, prefix: inUse.prefix });
  await lane.addBulk(
    Array.from({ length: 2000 }, (_, n) => ({
      name: 'deliver',
      data: {},
      opts: { jobId: `d_malformed ${n}` },
    })),
  );
  const good = newId();
  await inUse.queue.enqueue([{ deliveryId: good, lane: 'fast' }]);
  const worker = await startWorker(inUse);
  expect(await worker.waitForTasks(1)).toMatchObject([{ deliveryId: good }]);
  await eventually(async () => expect((await inUse.queue.depth()).fast.active).toBe(0));
  expect((await inUse.queue.depth()).fast).toEqual({ waiting: 0, active: 0, delayed: 0 });
  expect(new Set(worker.malformed).size).toBe(2000);
});

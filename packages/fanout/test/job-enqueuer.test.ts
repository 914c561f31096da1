import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { TenantJob } from '@posthorn/flow';
import { eventually } from '@posthorn/testkit';
import { createJobEnqueuer } from '../src/job-enqueuer.js';

/** A Redis that takes jobs when the test says so. */
function startRedis() {
  const batches: string[][] = [];
  const answers: (() => void)[] = [];
  const errors: unknown[] = [];
  const enqueuer = createJobEnqueuer({
    deliveries: {
      enqueue: (jobs) =>
        new Promise((resolve) => {
          batches.push(jobs.map((job) => job.deliveryId));
          answers.push(resolve);
        }),
      fastLaneLength: () => Promise.resolve(0),
    },
    onEnqueueError: (error) => errors.push(error),
  });
  return { enqueuer, batches, errors, answer: () => answers.shift()?.() };
}

const job = (deliveryId: string): TenantJob[] => [
  { deliveryId, tenantId: DEFAULT_TENANT_ID, dueAt: new Date(), lane: 'fast' },
];

describe('making jobs', () => {
  it('goes on while the next batch is committed, one batch at a time', async () => {
    const { enqueuer, batches, answer } = startRedis();
    await enqueuer.ready();
    enqueuer.enqueue(job('1'));
    await enqueuer.ready();
    enqueuer.enqueue(job('2'));
    let isReady = false;
    const ready = enqueuer.ready().then(() => (isReady = true));
    await eventually(() => expect(batches).toEqual([['1']]));
    expect(isReady).toBe(false);
    answer();
    await ready;
    await eventually(() => expect(batches).toEqual([['1'], ['2']]));
    answer();
    await enqueuer.stop();
  });

  it('holds up nobody for longer than some seconds while Redis hangs, and leaves the jobs to the reconciler', async () => {
    const { enqueuer, batches, errors, answer } = startRedis();
    enqueuer.enqueue(job('1'));
    enqueuer.enqueue(job('2'));
    const startedAtMs = performance.now();
    for (const id of ['3', '4', '5']) {
      await enqueuer.ready();
      enqueuer.enqueue(job(id));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
    expect(errors).toEqual([3, 4, 5].map(() => new Error('Redis is not responding')));

    answer();
    await eventually(() => expect(batches).toEqual([['1'], ['2']]));
    answer();
    await enqueuer.stop();
    await enqueuer.ready();
    enqueuer.enqueue(job('6'));
    await eventually(() => expect(batches).toEqual([['1'], ['2'], ['6']]));
    answer();
    expect(errors).toHaveLength(3);
  });
});

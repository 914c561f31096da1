import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { TenantJob } from '@posthorn/flow';
import { eventually } from '@posthorn/testkit';
import { advance, useFakeTime } from '@posthorn/testkit/fake-time';
import { createJobEnqueuer } from '../src/job-enqueuer.js';

/** Starts an enqueuer whose Redis accepts a batch when the test calls `acceptNext`. */
function startEnqueuer() {
  const batches: string[][] = [];
  const pending: (() => void)[] = [];
  const errors: unknown[] = [];
  const enqueuer = createJobEnqueuer({
    deliveries: {
      enqueue: (jobs) =>
        new Promise((resolve) => {
          batches.push(jobs.map((job) => job.deliveryId));
          pending.push(resolve);
        }),
      fastLaneLength: () => Promise.resolve(0),
    },
    onEnqueueError: (error) => errors.push(error),
  });
  return { enqueuer, batches, errors, acceptNext: () => pending.shift()?.() };
}

const job = (deliveryId: string): TenantJob[] => [{ deliveryId, tenantId: DEFAULT_TENANT_ID, lane: 'fast' }];

afterEach(() => {
  jest.useRealTimers();
});

describe('job enqueuer', () => {
  it('enqueues one batch at a time, while the next batch is committed', async () => {
    const { enqueuer, batches, acceptNext } = startEnqueuer();
    await enqueuer.ready();
    enqueuer.enqueue(job('1'));
    await enqueuer.ready();
    enqueuer.enqueue(job('2'));
    let isReady = false;
    const ready = enqueuer.ready().then(() => (isReady = true));
    await eventually(() => expect(batches).toEqual([['1']]));
    expect(isReady).toBe(false);
    acceptNext();
    await ready;
    await eventually(() => expect(batches).toEqual([['1'], ['2']]));
    acceptNext();
    await enqueuer.stop();
  });

  it('stops waiting after a few seconds while Redis hangs, and leaves the jobs to the reconciler', async () => {
    useFakeTime();
    const { enqueuer, batches, errors, acceptNext } = startEnqueuer();
    enqueuer.enqueue(job('1'));
    enqueuer.enqueue(job('2'));
    let isReady = false;
    const ready = enqueuer.ready().then(() => (isReady = true));
    await advance(2000, 100);
    expect(isReady).toBe(false);
    await advance(1000, 100);
    await ready;
    for (const id of ['3', '4', '5']) {
      // From now on without waiting.
      await enqueuer.ready();
      enqueuer.enqueue(job(id));
    }
    expect(errors).toEqual([3, 4, 5].map(() => new Error('Redis is not responding')));

    acceptNext();
    await eventually(() => expect(batches).toEqual([['1'], ['2']]));
    acceptNext();
    await enqueuer.stop();
    await enqueuer.ready();
    enqueuer.enqueue(job('6'));
    await eventually(() => expect(batches).toEqual([['1'], ['2'], ['6']]));
    acceptNext();
    expect(errors).toHaveLength(3);
  });

  it('enqueues the other jobs although some of the prioritized ones failed', async () => {
    const batches: string[][] = [];
    const errors: unknown[] = [];
    const enqueuer = createJobEnqueuer({
      deliveries: {
        enqueue: async (jobs) => {
          batches.push(jobs.map(({ deliveryId }) => deliveryId));
          if (jobs.some(({ prioritized }) => prioritized)) throw new Error('a node is unavailable');
        },
        fastLaneLength: () => Promise.resolve(1000),
      },
      onEnqueueError: (error) => errors.push(error),
    });
    const flood = Array.from({ length: 2000 }, () => ({ ...job('flood')[0], tenantId: 'flooding' }));
    enqueuer.enqueue([...flood, ...job('single')] as TenantJob[]);
    await enqueuer.stop();
    expect(batches).toEqual([['single'], flood.map(() => 'flood')]);
    expect(errors).toEqual([new Error('a node is unavailable')]);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { TenantJob } from '@posthorn/flow';
import { eventually } from '@posthorn/testkit';
import { advance, useFakeTime } from '@posthorn/testkit/fake-time';
import { createJobEnqueuer } from '../src/jobs/job-enqueuer.js';

/** Starts an enqueuer whose Redis accepts or refuses a batch when the test calls `acceptNext` or `refuseNext`. */
function startEnqueuer() {
  const batches: string[][] = [];
  const pending: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const errors: unknown[] = [];
  const enqueuer = createJobEnqueuer({
    deliveries: {
      enqueue: (jobs) =>
        new Promise((resolve, reject) => {
          batches.push(jobs.map((job) => job.deliveryId));
          pending.push({ resolve, reject });
        }),
      fastLaneLength: () => Promise.resolve(0),
    },
    onEnqueueError: (error) => errors.push(error),
  });
  return {
    enqueuer,
    batches,
    errors,
    acceptNext: () => pending.shift()?.resolve(),
    refuseNext: () => pending.shift()?.reject(new Error('Command timed out')),
  };
}

const job = (deliveryId: string): TenantJob[] => [{ deliveryId, tenantId: DEFAULT_TENANT_ID, lane: 'fast' }];

/** Adds two batches that Redis does not accept, and waits until events no longer wait for it. */
async function startStalled() {
  useFakeTime();
  const stalled = startEnqueuer();
  stalled.enqueuer.enqueue(job('1'));
  stalled.enqueuer.enqueue(job('2'));
  let isReady = false;
  const ready = stalled.enqueuer.ready().then(() => (isReady = true));
  await advance(200, 50);
  expect(isReady).toBe(false);
  await advance(100, 50);
  await ready;
  return stalled;
}

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

  describe('while Redis hangs', () => {
    it('stops waiting, and adds the jobs in one batch when Redis responds', async () => {
      const { enqueuer, batches, errors, acceptNext } = await startStalled();
      for (const id of ['3', '4', '5']) {
        await enqueuer.ready();
        enqueuer.enqueue(job(id));
      }
      acceptNext();
      await eventually(() => expect(batches).toEqual([['1'], ['2']]));
      acceptNext();
      await eventually(() => expect(batches).toEqual([['1'], ['2'], ['3', '4', '5']]));
      acceptNext();
      await enqueuer.stop();
      await enqueuer.ready();
      enqueuer.enqueue(job('6'));
      await eventually(() => expect(batches.at(-1)).toEqual(['6']));
      acceptNext();
      expect(errors).toEqual([]);
    });

    it('does not wait again until Redis has accepted a batch', async () => {
      const { enqueuer, batches, errors, acceptNext, refuseNext } = await startStalled();
      enqueuer.enqueue(job('3'));
      refuseNext();
      await eventually(() => expect(batches).toEqual([['1'], ['2']]));
      refuseNext();
      await eventually(() => expect(batches).toEqual([['1'], ['2'], ['3']]));
      enqueuer.enqueue(job('4'));
      enqueuer.enqueue(job('5'));
      // Resolves although no time passes.
      await enqueuer.ready();
      refuseNext();
      await eventually(() => expect(batches.at(-1)).toEqual(['4', '5']));
      acceptNext();
      await enqueuer.stop();
      expect(errors).toEqual([1, 2, 3].map(() => new Error('Command timed out')));
    });

    it('leaves the jobs to the reconciler that would use too much memory', async () => {
      const { enqueuer, batches, errors, acceptNext } = await startStalled();
      const jobs = Array.from({ length: 3000 }, (_, n) => job(`many ${n}`)).flat();
      enqueuer.enqueue(jobs);
      enqueuer.enqueue(jobs);
      expect(errors).toEqual([new Error('Redis is not responding')]);
      acceptNext();
      await eventually(() => expect(batches).toHaveLength(2));
      acceptNext();
      await eventually(() => expect(batches[2]).toHaveLength(3000));
      acceptNext();
      await enqueuer.stop();
    });
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

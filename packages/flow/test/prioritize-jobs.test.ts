import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, type Lane } from '@posthorn/core';
import { prioritizeJobs } from '../src/fairness/prioritize-jobs.js';
import type { TenantJob } from '../src/fairness/tenant-job.js';

/** Creates a lane whose length the test controls, and counts how often its length is read. */
function startLane(length = 0) {
  const lane = { length, reads: 0 };
  const prioritize = prioritizeJobs({
    fastLaneLength: () => {
      lane.reads += 1;
      return Promise.resolve(lane.length);
    },
  });
  return { lane, prioritize };
}

const jobsOf = (tenantId: string, count: number, lane: Lane = 'fast'): TenantJob[] =>
  Array.from({ length: count }, (_, n) => ({
    deliveryId: `${tenantId} ${n}`,
    tenantId,
    lane,
  }));

async function prioritizedIds(batch: ReturnType<ReturnType<typeof prioritizeJobs>>): Promise<string[]> {
  return (await batch).prioritized.map((job) => job.deliveryId);
}

describe('prioritizeJobs', () => {
  it('prioritizes a low-volume tenant over a flood and keeps the order of the flood', async () => {
    const { lane, prioritize } = startLane();
    await prioritize(jobsOf('flood', 5000));
    lane.length = 5000;
    const batch = await prioritize([...jobsOf('flood', 2), ...jobsOf('other', 1)]);
    expect(batch).toEqual({
      prioritized: [expect.objectContaining({ deliveryId: 'other 0', prioritized: true })],
      others: jobsOf('flood', 2),
    });
  });

  it('returns prioritized jobs in reverse order', async () => {
    const { prioritize } = startLane(5000);
    expect(await prioritizedIds(prioritize(jobsOf('other', 3)))).toEqual(['other 2', 'other 1', 'other 0']);
  });

  it('remembers which tenant filled the lane until it is empty', async () => {
    const { lane, prioritize } = startLane();
    await prioritize(jobsOf('flood', 5000));
    lane.length = 4000;
    await prioritize(jobsOf('other', 1));
    lane.length = 3000;
    expect(await prioritizedIds(prioritize(jobsOf('flood', 1)))).toEqual([]);
  });

  it('prioritizes nothing in a short lane or between equal tenants', async () => {
    const { lane, prioritize } = startLane(99);
    expect(await prioritizedIds(prioritize([...jobsOf('a', 90), ...jobsOf('b', 1)]))).toEqual([]);
    lane.length = 600;
    expect(await prioritizedIds(prioritize([...jobsOf('a', 300), ...jobsOf('b', 300)]))).toEqual([]);
  });

  it('does not prioritize jobs of other lanes', async () => {
    const { prioritize } = startLane(5000);
    const slow = jobsOf('other', 1, 'slow');
    expect(await prioritize(slow)).toEqual({ prioritized: [], others: slow });
    expect(await prioritizedIds(prioritize([...slow, ...jobsOf('another', 1)]))).toEqual(['another 0']);
  });

  it('does not read the length while all jobs belong to the default tenant', async () => {
    const { lane, prioritize } = startLane(5000);
    const jobs = jobsOf(DEFAULT_TENANT_ID, 10);
    expect(await prioritize(jobs)).toEqual({ prioritized: [], others: jobs });
    expect(lane.reads).toBe(0);
    await prioritize(jobsOf('other', 10));
    expect(lane.reads).toBe(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, type Lane } from '@posthorn/core';
import { prioritizeJobs, type TenantJob } from '../src/prioritize-jobs.js';

/** A lane as long as the test says, and how often its length was asked for. */
function startLane(length = 0) {
  const lane = { length, asked: 0 };
  const arrange = prioritizeJobs({
    fastLaneLength: () => {
      lane.asked += 1;
      return Promise.resolve(lane.length);
    },
  });
  return { lane, arrange };
}

const jobsOf = (tenantId: string, count: number, lane: Lane = 'fast'): TenantJob[] =>
  Array.from({ length: count }, (_, n) => ({
    deliveryId: `${tenantId} ${n}`,
    tenantId,
    dueAt: new Date(0),
    lane,
  }));

async function aheadOf(arranged: ReturnType<ReturnType<typeof prioritizeJobs>>): Promise<string[]> {
  return (await arranged).prioritized.map((job) => job.deliveryId);
}

describe('the shares of a lane', () => {
  it('let one who puts in little go ahead of a flood, and the flood stays in its order', async () => {
    const { lane, arrange } = startLane();
    await arrange(jobsOf('flood', 5000));
    lane.length = 5000;
    const arranged = await arrange([...jobsOf('flood', 2), ...jobsOf('other', 1)]);
    expect(arranged).toEqual({
      prioritized: [expect.objectContaining({ deliveryId: 'other 0', prioritized: true })],
      others: jobsOf('flood', 2),
    });
  });

  it('hand over what goes ahead with the last first, as the lane takes it', async () => {
    const { arrange } = startLane(5000);
    expect(await aheadOf(arrange(jobsOf('other', 3)))).toEqual(['other 2', 'other 1', 'other 0']);
  });

  it('know who fills the lane for as long as it is full', async () => {
    const { lane, arrange } = startLane();
    await arrange(jobsOf('flood', 5000));
    lane.length = 4000;
    await arrange(jobsOf('other', 1));
    lane.length = 3000;
    expect(await aheadOf(arrange(jobsOf('flood', 1)))).toEqual([]);
  });

  it('let nobody go ahead in a short lane, nor among equals', async () => {
    const { lane, arrange } = startLane(99);
    expect(await aheadOf(arrange([...jobsOf('a', 90), ...jobsOf('b', 1)]))).toEqual([]);
    lane.length = 600;
    expect(await aheadOf(arrange([...jobsOf('a', 300), ...jobsOf('b', 300)]))).toEqual([]);
  });

  it('leave the other lanes alone', async () => {
    const { arrange } = startLane(5000);
    const slow = jobsOf('other', 1, 'slow');
    expect(await arrange(slow)).toEqual({ prioritized: [], others: slow });
    expect(await aheadOf(arrange([...slow, ...jobsOf('another', 1)]))).toEqual(['another 0']);
  });

  it('ask nothing where all belongs to the default tenant', async () => {
    const { lane, arrange } = startLane(5000);
    const jobs = jobsOf(DEFAULT_TENANT_ID, 10);
    expect(await arrange(jobs)).toEqual({ prioritized: [], others: jobs });
    expect(lane.asked).toBe(0);
    await arrange(jobsOf('other', 10));
    expect(lane.asked).toBe(1);
  });
});

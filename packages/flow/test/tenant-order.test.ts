// In which order the lanes run the jobs of a tenant with very many and of one with few, on a real Redis.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline, type Lane, newId } from '@posthorn/core';
import { consumeDeliveries, createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import { eventually, type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { prioritizeJobs } from '../src/fairness/prioritize-jobs.js';
import { RetryPriorities } from '../src/fairness/retry-priorities.js';
import type { TenantJob } from '../src/fairness/tenant-job.js';

const MANY = 2000;
const FEW = 10;

let prefix: FreshQueuePrefix;
let queue: DeliveryQueue;
/** The tenants of the jobs. */
let tenants: Map<string, string>;

beforeEach(async () => {
  prefix = freshQueuePrefix();
  queue = await createDeliveryQueue(prefix);
  tenants = new Map();
});
afterEach(async () => {
  await queue.stop();
  await prefix.clear();
});

function jobsOf(tenantId: string, count: number, lane: Lane): TenantJob[] {
  const jobs = Array.from({ length: count }, () => ({ deliveryId: newId(), tenantId, lane }));
  for (const { deliveryId } of jobs) tenants.set(deliveryId, tenantId);
  return jobs;
}

/** Returns the jobs in the order in which a lane runs them. */
async function runAll(lane: Lane): Promise<string[]> {
  const order: string[] = [];
  const consumer = await consumeDeliveries(
    {
      ...prefix,
      lane,
      concurrency: 1,
      enqueue: (jobs) => queue.enqueue(jobs),
      onMalformed: () => {},
      onError: () => {},
    },
    async ({ deliveryId }) => {
      order.push(deliveryId);
      return { reschedule: null };
    },
  );
  try {
    await eventually(() => expect(order).toHaveLength(tenants.size));
  } finally {
    await consumer.stop(new Deadline(30_000));
  }
  return order;
}

/** Returns at which positions the jobs of the tenant with few ran, from the first to the last one. */
function positionsOfFew(order: readonly string[]): [first: number, last: number] {
  const positions = order.flatMap((id, index) => (tenants.get(id) === 'few' ? index + 1 : []));
  expect(positions).toHaveLength(FEW);
  return [positions[0] ?? 0, positions.at(-1) ?? 0];
}

async function enqueueRetries(priorities: Pick<RetryPriorities, 'next'>): Promise<void> {
  const jobs = [...jobsOf('many', MANY, 'retry'), ...jobsOf('few', FEW, 'retry')];
  for (const job of jobs) {
    job.priority = priorities.next({
      tenantId: job.tenantId,
      webhookId: job.tenantId,
      lane: job.lane,
      delayMs: 0,
    });
  }
  await queue.enqueue(jobs);
}

describe('the retry lane', () => {
  it('runs the retries of a tenant with few after the first 100 of the one with many', async () => {
    await enqueueRetries(new RetryPriorities(() => 0));
    expect(positionsOfFew(await runAll('retry'))).toEqual([101, 110]);
  });

  it('runs them after all of the others without priorities', async () => {
    await enqueueRetries({ next: () => 0 });
    expect(positionsOfFew(await runAll('retry'))).toEqual([MANY + 1, MANY + FEW]);
  });
});

describe('the fast lane', () => {
  it('runs the jobs of a tenant with few first, and all in the order in which they were added', async () => {
    const prioritize = prioritizeJobs(queue);
    const [many, few] = [jobsOf('many', MANY, 'fast'), jobsOf('few', FEW, 'fast')];
    for (const jobs of [many, few]) {
      const { prioritized, others } = await prioritize(jobs);
      await queue.enqueue([...prioritized, ...others]);
    }
    const added = [...few, ...many].map(({ deliveryId }) => deliveryId);
    expect(await runAll('fast')).toEqual(added);
  });
});

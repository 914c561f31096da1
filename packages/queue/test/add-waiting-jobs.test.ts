import { describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { addWaitingJobs, type WaitingJob } from '../src/add-waiting-jobs.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const JOBS: WaitingJob[] = [
  { jobId: 'd_0', name: 'deliver', data: '{}', lifo: false },
  { jobId: 'd_1', name: 'deliver', data: '{}', lifo: false },
  { jobId: 'd_2', name: 'released', data: '{"body":"\\u0000 ünï"}', lifo: false },
  { jobId: 'd_3', name: 'deliver', data: '{}', lifo: true },
  { jobId: 'd_1', name: 'released', data: '{}', lifo: true },
];

/** What BullMQ writes in addition: the number of jobs so far, and its log. */
const NOT_WRITTEN = new Set(['id', 'events']);

/** Returns the fields of a job. Of its options, only one is used: the worker of deliveries sets the others itself. */
async function fieldsOf(queue: Queue, jobId: string): Promise<unknown> {
  const { timestamp, opts = '', ...fields } = await inUse.redis.hgetall(queue.toKey(jobId));
  const isRecent = Date.now() - Number(timestamp) < 60_000;
  return { ...fields, isRecent, lifo: JSON.parse(opts).lifo };
}

/** Returns all that a queue has in Redis and that a worker reads, without times. */
async function contentOf(queue: Queue): Promise<unknown> {
  const { redis } = inUse;
  const keys = await redis.keys(queue.toKey('*'));
  const names = keys.map((key) => key.slice(queue.toKey('').length));
  return {
    jobs: await Promise.all(['d_0', 'd_1', 'd_2', 'd_3'].map((id) => fieldsOf(queue, id))),
    wait: await redis.lrange(queue.toKey('wait'), 0, -1),
    marker: await redis.zrange(queue.toKey('marker'), '0', '-1', 'WITHSCORES'),
    names: names.filter((name) => !NOT_WRITTEN.has(name)).toSorted(),
  };
}

describe('adding waiting jobs', () => {
  it('writes what BullMQ writes and a worker reads', async () => {
    const connection = inUse.redis;
    const one = new Queue('one', { connection, prefix: inUse.prefix });
    const many = new Queue('many', { connection, prefix: inUse.prefix });
    await Promise.all([one.waitUntilReady(), many.waitUntilReady()]);
    for (const { jobId, name, data, lifo } of JOBS) {
      await one.add(name, JSON.parse(data), { jobId, ...(lifo && { lifo }) });
    }
    const sample = await addWaitingJobs(inUse.redis)(many, JOBS);
    expect(sample).toEqual({ redisMs: expect.any(Number), waiting: 4 });
    expect(Math.abs((sample?.redisMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await contentOf(many)).toEqual(await contentOf(one));
    await Promise.all([one.close(), many.close()]);
  });
});

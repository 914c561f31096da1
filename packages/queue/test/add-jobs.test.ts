import { describe, expect, it } from '@jest/globals';
import { type JobsOptions, Queue } from 'bullmq';
import { addJobs, type NewJob } from '../src/bullmq/add-jobs.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const JOB = { name: 'deliver', kind: 'new', delayMs: 0, priority: 0 } as const;
const JOBS: NewJob[] = [
  { ...JOB, jobId: 'd_0' },
  { ...JOB, jobId: 'd_1' },
  { ...JOB, jobId: 'd_2', name: 'released' },
  { ...JOB, jobId: 'd_3', kind: 'first' },
  { ...JOB, jobId: 'd_1', name: 'released', kind: 'first' },
  { ...JOB, jobId: 'd_4', priority: 2 },
  { ...JOB, jobId: 'd_5', priority: 2 },
  { ...JOB, jobId: 'd_6', priority: 1 },
  { ...JOB, jobId: 'd_7', delayMs: 60_000 },
  { ...JOB, jobId: 'd_8', delayMs: 30_000, priority: 3 },
];

/** What BullMQ writes in addition: the number of jobs so far, and its log. */
const NOT_WRITTEN = new Set(['id', 'events']);

const MS_PER_SCORE = 4096;

/** Returns the fields of a job. Of its options, only one is used: the worker of deliveries sets the others itself. */
async function fieldsOf(queue: Queue, jobId: string): Promise<unknown> {
  const { timestamp, opts = '', ...fields } = await inUse.redis.hgetall(queue.toKey(jobId));
  const isRecent = Date.now() - Number(timestamp) < 60_000;
  return { ...fields, isRecent, lifo: JSON.parse(opts).lifo };
}

/** Returns the delayed jobs in order, and whether the marker for the first one has its time. */
async function delayedIn(queue: Queue): Promise<unknown> {
  const [first, score] = await inUse.redis.zrange(queue.toKey('delayed'), '0', '0', 'WITHSCORES');
  const marker = Number(await inUse.redis.zscore(queue.toKey('marker'), '1'));
  const dueInMs = Number(score) / MS_PER_SCORE - Date.now();
  return {
    first,
    all: await inUse.redis.zrange(queue.toKey('delayed'), '0', '-1'),
    isMarked: marker === Math.floor(Number(score) / MS_PER_SCORE),
    isDueInTime: dueInMs > 0 && dueInMs <= 30_000,
  };
}

/** Returns all that a queue has in Redis and that a worker reads, without times. */
async function contentOf(queue: Queue): Promise<unknown> {
  const { redis } = inUse;
  const keys = await redis.keys(queue.toKey('*'));
  const names = keys.map((key) => key.slice(queue.toKey('').length));
  return {
    jobs: await Promise.all(JOBS.map(({ jobId }) => fieldsOf(queue, jobId))),
    wait: await redis.lrange(queue.toKey('wait'), 0, -1),
    prioritized: await redis.zrange(queue.toKey('prioritized'), '0', '-1', 'WITHSCORES'),
    delayed: await delayedIn(queue),
    marker: await redis.zscore(queue.toKey('marker'), '0'),
    names: names.filter((name) => !NOT_WRITTEN.has(name)).toSorted(),
  };
}

function optionsOf({ jobId, kind, delayMs, priority }: NewJob): JobsOptions {
  return {
    jobId,
    ...(kind === 'first' && { lifo: true }),
    ...(delayMs > 0 && { delay: delayMs }),
    ...(priority > 0 && { priority }),
  };
}

describe('adding jobs', () => {
  it('writes what BullMQ writes and a worker reads', async () => {
    const connection = inUse.redis;
    const one = new Queue('one', { connection, prefix: inUse.prefix });
    const many = new Queue('many', { connection, prefix: inUse.prefix });
    await Promise.all([one.waitUntilReady(), many.waitUntilReady()]);
    for (const job of JOBS) await one.add(job.name, {}, optionsOf(job));
    expect(await addJobs(inUse.redis)(many, JOBS, 1000)).toBe(0);
    expect(await contentOf(many)).toEqual(await contentOf(one));
    expect(await delayedIn(many)).toEqual({
      first: 'd_8',
      all: ['d_8', 'd_7'],
      isMarked: true,
      isDueInTime: true,
    });
    await Promise.all([one.close(), many.close()]);
  });
});

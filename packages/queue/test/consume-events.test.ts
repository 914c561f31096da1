import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { consumeEvents, type Push } from '../src/index.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

/** Consumes pushes until `count` have arrived, and returns them. */
async function consumePushes(count: number): Promise<Push[]> {
  const pushes: Push[] = [];
  const arrivals = new EventEmitter();
  const complete = (async () => {
    while (pushes.length < count) await once(arrivals, 'push', { signal: AbortSignal.timeout(10_000) });
  })();
  const consumer = await consumeEvents(
    { redisUrl: inUse.redisUrl, prefix: inUse.prefix, concurrency: 10, onError: () => {} },
    (push) => {
      pushes.push(push);
      arrivals.emit('push');
      return Promise.resolve();
    },
  );
  inUse.onStop(consumer);
  await complete;
  return pushes;
}

/** Adds jobs to the queue with a plain BullMQ client, as publishers do. */
async function pushJobs(
  ...jobs: { name: string; data: unknown; opts?: { jobId?: string; timestamp?: number } }[]
) {
  const queue = new Queue('events', { connection: { url: inUse.redisUrl }, prefix: inUse.prefix });
  const added = await queue.addBulk(jobs);
  await queue.close();
  return added;
}

describe('events pushed to the queue', () => {
  it('have their type, data and push time', async () => {
    const data = { data: { a: [1, null] }, tenantId: 'default' };
    const [job] = await pushJobs({ name: 'invoice.paid', data });
    expect(await consumePushes(1)).toEqual([
      {
        source: 'queue',
        id: `events:${job?.id}:${job?.timestamp}`,
        pushedAt: new Date(job?.timestamp ?? 0),
        type: 'invoice.paid',
        payload: data,
      },
    ]);
  });

  it('keep the timestamp set by the client', async () => {
    await pushJobs({ name: 'a', data: {}, opts: { timestamp: 1_700_000_000_000 } });
    expect(await consumePushes(1)).toMatchObject([{ pushedAt: new Date(1_700_000_000_000) }]);
  });

  it('with data that is not JSON arrive as text, and do not block others', async () => {
    const jobs = await pushJobs(...['a', 'b', 'c'].map((name) => ({ name, data: { n: name } })));
    await inUse.redis.hset(`${inUse.prefix}:events:${jobs[1]?.id}`, 'data', '{"broken');
    const pushes = await consumePushes(3);
    expect(new Map(pushes.map(({ type, payload }) => [type, payload]))).toEqual(
      new Map<unknown, unknown>([
        ['a', { n: 'a' }],
        ['b', '{"broken'],
        ['c', { n: 'c' }],
      ]),
    );
  });

  it.each([
    ['opts', '{"attempts":'],
    ['opts', 'null'],
    ['progress', '['],
    ['parent', 'x'],
    ['parent', '[{}]'],
    ['atm', 'x'],
    ['stc', '{}'],
  ])('with %s %j are ingested and removed', async (field, text) => {
    const [job] = await pushJobs({ name: 'a', data: { n: 1 } }, { name: 'b', data: {} });
    await inUse.redis.hset(`${inUse.prefix}:events:${job?.id}`, field, text);
    expect(await consumePushes(2)).toMatchObject([{ type: 'a', payload: { n: 1 } }, { type: 'b' }]);
    await eventually(async () => expect(await inUse.redis.llen(`${inUse.prefix}:events:active`)).toBe(0));
  });
});

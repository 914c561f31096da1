import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { useEvents } from './fixtures/use-events.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

const { asPublisher, consumePushes, jobKey, pushJobs, startEvents } = useEvents(inUse);

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
        payload: JSON.stringify(data),
      },
    ]);
  });

  it('keep the timestamp set by the client', async () => {
    await pushJobs({ name: 'a', data: {}, opts: { timestamp: 1_700_000_000_000 } });
    expect(await consumePushes(1)).toMatchObject([{ pushedAt: new Date(1_700_000_000_000) }]);
  });

  it('have the text of their data as their client wrote it', async () => {
    const text = ' {"data": {"n":1e400, "n":9007199254740993,"s":"\\u00e9\\/é"}}';
    const texts = [text, `${text}${' '.repeat(20_000)}`];
    for (const [index, job] of (await pushJobs({ name: 'a', data: {} }, { name: 'a', data: {} })).entries())
      await inUse.redis.hset(jobKey(job.id), 'data', texts[index] ?? '');
    const pushes = await consumePushes(2);
    expect(new Set(pushes.map(({ payload }) => payload))).toEqual(new Set(texts));
  });

  it('without data do not block others', async () => {
    const jobs = await pushJobs({ name: 'a', data: {} }, { name: 'b', data: {} });
    await inUse.redis.hdel(jobKey(jobs[0]?.id), 'data');
    expect(await consumePushes(2)).toMatchObject([
      { type: 'a', payload: '{}' },
      { type: 'b', payload: '{}' },
    ]);
  });

  it('with data that is not JSON arrive as text, and do not block others', async () => {
    const jobs = await pushJobs(...['a', 'b', 'c'].map((name) => ({ name, data: { n: name } })));
    await inUse.redis.hset(jobKey(jobs[1]?.id), 'data', '{"broken');
    const pushes = await consumePushes(3);
    expect(new Map(pushes.map(({ type, payload }) => [type, payload]))).toEqual(
      new Map<unknown, unknown>([
        ['a', '{"n":"a"}'],
        ['b', '{"broken'],
        ['c', '{"n":"c"}'],
      ]),
    );
  });

  it.each([
    ['opts', '{"attempts":'],
    ['opts', 'null'],
    ['progress', '['],
    ['parent', ''],
    ['parent', 'x'],
    ['parent', '[{}]'],
    ['atm', 'x'],
    ['stc', '{}'],
  ])('with %s %j are ingested and removed', async (field, text) => {
    const [job] = await pushJobs({ name: 'a', data: { n: 1 } }, { name: 'b', data: {} });
    await inUse.redis.hset(jobKey(job?.id), field, text);
    expect(await consumePushes(2)).toMatchObject([{ type: 'a', payload: '{"n":1}' }, { type: 'b' }]);
    await eventually(async () => expect(await inUse.redis.llen(`${inUse.prefix}:events:active`)).toBe(0));
  });
});

describe('scheduled pushes', () => {
  const HOUR_MS = 3_600_000;
  const timestamp = Date.now() - 2 * HOUR_MS;

  it.each([
    ['at the end of their delay', { timestamp, delay: HOUR_MS }, timestamp + HOUR_MS],
    ['when they were added, without a delay', { timestamp }, timestamp],
    ['when they were added, with a priority', { timestamp, priority: 5 }, timestamp],
  ])('are published %s', async (_name, opts, publishedAt) => {
    const [job] = await pushJobs({ name: 'a', data: {}, opts });
    expect(await consumePushes(1)).toMatchObject([
      { id: `events:${job?.id}:${timestamp}`, pushedAt: new Date(publishedAt) },
    ]);
  });

  it.each(['soon', -5, null])('with a delay of %j are published when they were added', async (delay) => {
    const [job] = await pushJobs({ name: 'a', data: {}, opts: { timestamp } });
    await inUse.redis.hset(jobKey(job?.id), 'opts', JSON.stringify({ delay }));
    expect(await consumePushes(1)).toMatchObject([{ pushedAt: new Date(timestamp) }]);
  });

  it('of a job scheduler are published at the time of each run', async () => {
    const template = { name: 'a', data: { data: { n: 1 } } };
    await asPublisher((queue) => queue.upsertJobScheduler('tick', { every: 300 }, template));
    const [, second, third] = await consumePushes(3);
    const payload = JSON.stringify(template.data);
    expect([second, third]).toMatchObject([{ payload }, { payload }]);
    // Runs are left out while the machine pauses.
    const differenceMs = (third?.pushedAt.getTime() ?? 0) - (second?.pushedAt.getTime() ?? 0);
    expect([differenceMs > 0, differenceMs % 300]).toEqual([true, 0]);
  });
});

describe('a publisher', () => {
  it.each([false, { count: 100 }, { age: 3600 }, 50])(
    'that keeps finished jobs (%j) leaves no data in Redis',
    async (keep) => {
      const opts = { removeOnComplete: keep, removeOnFail: keep, attempts: 1 };
      const [job] = await pushJobs({ name: 'a', data: { n: 1 }, opts });
      await consumePushes(1);
      await eventually(async () => expect(await inUse.redis.exists(jobKey(job?.id))).toBe(0));
    },
  );

  it('that does not wake the producer, as with BullMQ 4, is not left waiting', async () => {
    const { waitForPushes } = await startEvents();
    // The producer fetches a first push, and then waits for the next one.
    await pushJobs({ name: 'a', data: {} }, { name: 'later', data: {}, opts: { delay: 60_000 } });
    await waitForPushes(1);
    await sleep(100);
    const pushedAt = Date.now();
    await inUse.redis
      .multi()
      .hset(jobKey('4'), {
        name: 'b',
        data: '{"data":{"a":1}}',
        opts: '{"delay":0,"attempts":0}',
        timestamp: pushedAt,
        delay: 0,
        priority: 0,
      })
      .lpush(`${inUse.prefix}:events:wait`, '4')
      .xadd(`${inUse.prefix}:events:events`, '*', 'event', 'waiting', 'jobId', '4')
      .exec();
    const [, second] = await waitForPushes(2);
    expect(second).toMatchObject({ type: 'b', payload: '{"data":{"a":1}}', pushedAt: new Date(pushedAt) });
    // The producer looks for jobs by itself only every 10 s.
    expect(Date.now() - pushedAt).toBeLessThan(8000);
  });
});

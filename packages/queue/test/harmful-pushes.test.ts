import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { Gate } from './fixtures/gate.js';
import { useEvents } from './fixtures/use-events.js';
import { useIntake } from './fixtures/use-intake.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const { asPublisher, consumePushes, jobKey, pushJobs, startEvents } = useEvents(inUse);
const { add, readAndDie, startIntake, waitForLength } = useIntake(inUse);

/** Adds a push that `crashes` producers began to ingest before they died. */
const pushAfterCrashes = (crashes: number) =>
  asPublisher(async (queue) => {
    const job = await queue.add(`${crashes} crashes`, { n: 1 }, { delay: 60_000 });
    await inUse.redis.hset(jobKey(job.id), 'stc', crashes);
    await job.promote();
    return job;
  });

describe('a push that has killed several producers', () => {
  it('is refused after the fifth, and leaves the queue', async () => {
    const job = await pushAfterCrashes(5);
    expect(await consumePushes(1)).toMatchObject([
      {
        payload: '{"n":1}',
        rejection: {
          code: 'producer_crashed',
          message: '5 producers died or stopped responding while they ingested this push.',
        },
      },
    ]);
    await eventually(async () => expect(await inUse.redis.exists(jobKey(job.id))).toBe(0));
  });

  it('is ingested alone from the second on: after those in progress, before others', async () => {
    const [first, suspect] = [new Gate(), new Gate()];
    const { pushes, waitForPushes } = await startEvents({
      ingest: ({ type }) => {
        if (type === 'first') return first.opened;
        return type === '2 crashes' ? suspect.opened : Promise.resolve();
      },
    });
    await pushJobs({ name: 'first', data: {} });
    await waitForPushes(1);
    const job = await pushAfterCrashes(2);
    await eventually(async () => expect(await inUse.redis.exists(`${jobKey(job.id)}:lock`)).toBe(1));
    await pushJobs({ name: 'later', data: {} });
    await sleep(200);
    expect(pushes.map(({ type }) => type)).toEqual(['first']);
    first.open();
    await waitForPushes(2);
    await sleep(200);
    expect(pushes.map(({ type }) => type)).toEqual(['first', '2 crashes']);
    suspect.open();
    const [, , third] = await waitForPushes(3);
    expect(third?.type).toBe('later');
  });
});

describe('several pushes that have killed producers', () => {
  it('are each ingested alone, then all others', async () => {
    const COUNT = 20;
    await asPublisher(async (queue) => {
      await queue.addBulk(Array.from({ length: COUNT }, () => ({ name: 'suspect', data: {} })));
      const ids = await inUse.redis.lrange(`${inUse.prefix}:events:wait`, 0, -1);
      for (const id of ids) await inUse.redis.hset(jobKey(id), 'stc', 2);
      await queue.addBulk(Array.from({ length: COUNT }, () => ({ name: 'other', data: {} })));
    });
    let inProgress = 0;
    const ofSuspects: number[] = [];
    const severalOthers = new Gate();
    const { waitForPushes } = await startEvents({
      ingest: async ({ type }) => {
        inProgress += 1;
        if (type === 'other') {
          if (inProgress > 1) severalOthers.open();
          await severalOthers.opened;
        } else {
          ofSuspects.push(inProgress);
          await sleep(20);
        }
        inProgress -= 1;
      },
    });
    await waitForPushes(2 * COUNT);
    expect(ofSuspects).toEqual(Array.from({ length: COUNT }, () => 1));
  });
});

describe('an entry of the stream that has killed several producers', () => {
  it('is refused after the fifth', async () => {
    await add('harmful');
    await readAndDie(5);
    const { pushes } = await startIntake();
    await waitForLength(0);
    expect(pushes).toMatchObject([
      { type: 'harmful', payload: { data: '{"a":1}' }, rejection: { code: 'producer_crashed' } },
    ]);
  });

  it('is ingested alone from the second on', async () => {
    for (const type of ['a', 'b', 'c']) await add(type);
    await readAndDie(2);
    let inProgress = 0;
    const concurrencies: number[] = [];
    const { pushes } = await startIntake(async () => {
      concurrencies.push((inProgress += 1));
      await sleep(20);
      inProgress -= 1;
    });
    await waitForLength(0);
    expect(pushes.map(({ type }) => type)).toEqual(['a', 'b', 'c']);
    expect(concurrencies).toEqual([1, 1, 1]);
  });

  it('is not refused for failures that the producer survived', async () => {
    await add('failing');
    const { pushes } = await startIntake(() =>
      pushes.length < 6 ? Promise.reject(new Error('PostgreSQL is unavailable')) : Promise.resolve(),
    );
    await waitForLength(0);
    expect(pushes.filter(({ rejection }) => rejection)).toEqual([]);
  });
});

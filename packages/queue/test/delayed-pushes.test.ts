import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { type Push, RetryLater } from '../src/index.js';
import { useEvents } from './fixtures/use-events.js';
import { useIntake } from './fixtures/use-intake.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const { pushJobs, startEvents } = useEvents(inUse);
const { add, startIntake, stream, waitForLength } = useIntake(inUse);

const delays = new Map<unknown, number>();
afterEach(() => delays.clear());

/** Delays the pushes of a type once. */
const delayOnce = (push: Push): Promise<void> => {
  const delayMs = delays.get(push.type);
  delays.delete(push.type);
  return delayMs === undefined ? Promise.resolve() : Promise.reject(new RetryLater(delayMs));
};

const countDelayed = () => inUse.redis.zcard(`${inUse.prefix}:events:delayed`);

describe('a delayed push to the queue', () => {
  it('is the same push when it returns, and known to have waited', async () => {
    delays.set('slow', 50);
    await pushJobs({ name: 'slow', data: { n: 1 } });
    const { waitForPushes, errors } = await startEvents({ ingest: delayOnce });
    const [first, second] = await waitForPushes(2);
    expect(first?.hasWaited).toBeUndefined();
    expect(second).toEqual({ ...first, hasWaited: true });
    expect(errors).toEqual([]);
  });

  it('does not delay those behind it, and is not read before its time', async () => {
    delays.set('slow', 60_000);
    await pushJobs({ name: 'slow', data: {} }, { name: 'next', data: {} });
    const { waitForPushes } = await startEvents({ ingest: delayOnce });
    const pushes = await waitForPushes(2);
    await eventually(async () => expect(await countDelayed()).toBe(1));
    expect(pushes.map(({ type }) => type).toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'next',
      'slow',
    ]);
  });
});

describe('a delayed entry of the stream', () => {
  it('returns as the same push by the queue, after its time', async () => {
    delays.set('slow', 50);
    await add('slow');
    await add('next');
    const intake = await startIntake(delayOnce);
    await waitForLength(0);
    expect(intake.pushes.map(({ type }) => type)).toEqual(['slow', 'next']);
    const { waitForPushes } = await startEvents({ ingest: delayOnce });
    expect(await waitForPushes(1)).toEqual([{ ...intake.pushes[0], hasWaited: true }]);
    expect(intake.errors).toEqual([]);
    await eventually(async () =>
      expect(await inUse.redis.keys(`${inUse.prefix}:events:posthorn*`)).toEqual([]),
    );
  });

  it('keeps its only job when the entry is read again', async () => {
    delays.set('slow', 60_000);
    const id = await add('slow');
    await startIntake(delayOnce);
    await waitForLength(0);
    delays.set('slow', 60_000);
    await inUse.redis.del(stream());
    await add('slow', id);
    await waitForLength(0);
    expect(await countDelayed()).toBe(1);
  });

  it('keeps large data as it is', async () => {
    delays.set('slow', 1);
    const data = JSON.stringify({ text: '"'.repeat(250_000) });
    await inUse.redis.xadd(stream(), '*', 'type', 'slow', 'data', data);
    await startIntake(delayOnce);
    await waitForLength(0);
    const { waitForPushes } = await startEvents({ ingest: delayOnce });
    const [push] = await waitForPushes(1);
    expect(push?.payload).toEqual({ data });
    expect(push?.rejection).toBeUndefined();
  });
});

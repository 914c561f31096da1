import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, type Lane, type Part } from '@posthorn/core';
import {
  consumeDeliveries,
  createDeliveryQueue,
  type DeliveryJob,
  type DeliveryQueue,
  type DeliveryTask,
  type TaskResult,
} from '@posthorn/queue';
import { eventually, type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { type Leave, leaveEarly, type LeaveEarlyDeps } from '../src/leave-early.js';
import { flushPromises, START_MS, useFakeTime } from './fixtures/fake-time.js';

const DONE: TaskResult = { again: null };
const PLACES: Record<Lane, number> = { fast: 4, slow: 1, retry: 4, replay: 4 };

const task = (deliveryId: string = randomUUID(), lane: Lane = 'slow'): DeliveryTask => ({
  deliveryId,
  lane,
  released: false,
  prioritized: false,
  crashes: 0,
});

/** A request under way, as a test sees it. */
interface Ongoing {
  leave: Leave;
  end: (result: TaskResult) => void;
  fail: (error: Error) => void;
}

describe('a delivery that takes long', () => {
  let asked: string[];
  let enqueued: DeliveryJob[];
  let errors: unknown[];
  let locked: number;
  const queue: LeaveEarlyDeps['queue'] = {
    withdraw: async (deliveryId, lane) => {
      asked.push(`withdraw ${deliveryId} ${lane}`);
      locked -= 1;
      return locked < 0;
    },
    postpone: async (deliveryId, lane, until) => {
      asked.push(`postpone ${deliveryId} ${lane} ${until.getTime() - START_MS}`);
    },
    enqueue: async (jobs) => {
      enqueued.push(...jobs);
    },
  };

  beforeEach(() => {
    useFakeTime();
    asked = [];
    enqueued = [];
    errors = [];
    locked = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Deliveries that end when the test says so. */
  function start(changes: Partial<LeaveEarlyDeps> = {}) {
    const ongoing: Ongoing[] = [];
    const deps = { queue, places: PLACES, max: 10, onError: (error: unknown) => errors.push(error) };
    const early = leaveEarly({ ...deps, ...changes }, (_task, leave) => {
      return new Promise((end, fail) => ongoing.push({ leave, end, fail }));
    });
    return { early, ongoing };
  }

  it('keeps its place while there are enough, and its result is that of the delivery', async () => {
    const { early, ongoing } = start();
    const result = early.run(task('a', 'fast'));
    expect(ongoing[0]?.leave()).toBe(false);
    const again = { at: new Date(START_MS + 5000), lane: 'retry' as const };
    ongoing[0]?.end({ again });
    expect(await result).toEqual({ again });
    expect(asked).toEqual([]);
    expect(early.taken('fast')).toBe(0);
  });

  it('gives its place back in a full lane; its job waits in case this process dies', async () => {
    const { early, ongoing } = start();
    const result = early.run(task('a'));
    expect(early.isFull('slow')).toBe(true);
    expect(ongoing[0]?.leave()).toBe(true);
    expect(early.isFull('slow')).toBe(false);
    expect(await result).toEqual({ again: { at: new Date(START_MS + 45_000), lane: 'slow' } });
    expect([early.taken('slow'), early.goingOn()]).toEqual([0, 1]);
  });

  it('has its job put off for as long as it goes on', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    ongoing[0]?.leave();
    jest.advanceTimersByTime(30_000);
    expect(asked).toEqual(['postpone a slow 60000', 'postpone a slow 75000']);
    ongoing[0]?.end(DONE);
    await early.idle();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has its job withdrawn at the end', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    ongoing[0]?.leave();
    ongoing[0]?.end(DONE);
    await early.idle();
    expect(asked).toEqual(['withdraw a slow']);
    expect(enqueued).toEqual([]);
    expect(early.goingOn()).toBe(0);
  });

  it('has a new job when it is to be tried again', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    ongoing[0]?.leave();
    const at = new Date(START_MS + 5000);
    ongoing[0]?.end({ again: { at, lane: 'retry' } });
    await early.idle();
    expect(asked).toEqual(['withdraw a slow']);
    expect(enqueued).toEqual([{ deliveryId: 'a', dueAt: at, lane: 'retry' }]);
  });

  it('has it only when its old job is out of the way: that is ending just now', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    ongoing[0]?.leave();
    locked = 2;
    ongoing[0]?.end({ again: { at: new Date(START_MS + 5000), lane: 'slow' } });
    await flushPromises();
    expect(enqueued).toEqual([]);
    await early.idle();
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'withdraw a slow'));
    expect(enqueued).toHaveLength(1);
  });

  it('does not have a new job put off', async () => {
    let putOff: (() => void) | undefined;
    const slow = { ...queue, postpone: () => new Promise<void>((resolve) => (putOff = resolve)) };
    const { early, ongoing } = start({ queue: slow });
    void early.run(task('a'));
    ongoing[0]?.leave();
    jest.advanceTimersByTime(15_000);
    ongoing[0]?.end({ again: { at: new Date(START_MS + 20_000), lane: 'slow' } });
    await flushPromises();
    expect(enqueued).toEqual([]);
    putOff?.();
    await early.idle();
    expect(enqueued).toHaveLength(1);
  });

  it('leaves once, however often it is asked to', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    expect([ongoing[0]?.leave(), ongoing[0]?.leave()]).toEqual([true, true]);
    expect(early.goingOn()).toBe(1);
    ongoing[0]?.end(DONE);
    await early.idle();
    expect(asked).toEqual(['withdraw a slow']);
  });

  it('stays when enough of them left', async () => {
    const { early, ongoing } = start({ places: { ...PLACES, fast: 8 } });
    for (let n = 0; n < 8; n += 1) void early.run(task(`${n}`, 'fast'));
    expect(ongoing.map(({ leave }) => leave())).toEqual([
      true,
      true,
      ...Array.from({ length: 6 }, () => false),
    ]);
    expect(early.taken('fast')).toBe(6);
    for (const { end } of ongoing) end(DONE);
    await early.idle();
    await flushPromises();
    expect(early.taken('fast')).toBe(0);
  });

  it('stays when too many go on without a place', async () => {
    const { early, ongoing } = start({ places: { ...PLACES, fast: 1 }, max: 2 });
    for (let n = 0; n < 4; n += 1) void early.run(task(`${n}`, 'fast'));
    expect(ongoing.map(({ leave }) => leave())).toEqual([true, true, false, false]);
    ongoing[0]?.end(DONE);
    await flushPromises();
    expect(ongoing.map(({ leave }) => leave())).toEqual([true, true, true, false]);
    for (const { end } of ongoing) end(DONE);
    await early.idle();
  });

  it('keeps the job that waits when Redis is away at its end', async () => {
    const away = { ...queue, withdraw: () => Promise.reject(new Error('away')) };
    const { early, ongoing } = start({ queue: away });
    void early.run(task('a'));
    ongoing[0]?.leave();
    ongoing[0]?.end({ again: { at: new Date(START_MS + 5000), lane: 'slow' } });
    await early.idle();
    expect(errors).toMatchObject([{ message: 'away' }]);
    expect(enqueued).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is handed over when the process ends: its job runs in a moment, and is put off no more', async () => {
    const { early, ongoing } = start();
    void early.run(task('a'));
    ongoing[0]?.leave();
    await early.handOver();
    jest.advanceTimersByTime(30_000);
    expect(asked).toEqual(['postpone a slow 1000']);
    ongoing[0]?.end(DONE);
    await early.idle();
  });

  it('tells of its fault, in its place or out of it, and gives the place back', async () => {
    const { early, ongoing } = start();
    const inPlace = early.run(task('a'));
    ongoing[0]?.fail(new Error('fault'));
    await expect(inPlace).rejects.toThrow('fault');
    expect(early.taken('slow')).toBe(0);

    const left = early.run(task('b'));
    ongoing[1]?.leave();
    ongoing[1]?.fail(new Error('later fault'));
    await expect(left).resolves.toMatchObject({ again: { lane: 'slow' } });
    await early.idle();
    expect(errors).toMatchObject([{ message: 'later fault' }]);
    expect(early.taken('slow')).toBe(0);
  });
});

const job = (deliveryId: string) => ({ deliveryId, dueAt: new Date(), lane: 'slow' as const });

describe('a delivery that leaves its place in a lane of Redis', () => {
  let fresh: FreshQueuePrefix;
  let queue: DeliveryQueue;
  let consumer: Part;
  beforeEach(async () => {
    fresh = freshQueuePrefix();
    queue = await createDeliveryQueue(fresh);
  });
  afterEach(async () => {
    await consumer.stop(new Deadline(100));
    await queue.stop();
    await fresh.clear();
  });

  async function work(deliver: (task: DeliveryTask, leave: Leave) => Promise<TaskResult>) {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const early = leaveEarly({ queue, places: PLACES, max: 100, onError }, deliver);
    consumer = await consumeDeliveries(
      { ...fresh, lane: 'slow', concurrency: PLACES.slow, enqueue: queue.enqueue, onError },
      early.run,
    );
    return { early, errors };
  }

  it('lets the next ones be served', async () => {
    const ends: (() => void)[] = [];
    const { early, errors } = await work((_task, leave) => {
      setImmediate(leave);
      return new Promise((resolve) => ends.push(() => resolve(DONE)));
    });
    await queue.enqueue(Array.from({ length: 5 }, () => job(randomUUID())));
    await eventually(() => expect(ends).toHaveLength(5));
    await eventually(async () => expect((await queue.depth()).slow).toMatchObject({ delayed: 5, active: 0 }));
    for (const end of ends) end();
    await early.idle();
    expect((await queue.depth()).slow).toEqual({ waiting: 0, active: 0, delayed: 0 });
    expect(errors).toEqual([]);
  });

  it('is tried again at its time, even when it ends just as it leaves', async () => {
    const runs = new Map<string, number>();
    const { errors } = await work(async ({ deliveryId }, leave) => {
      const run = (runs.get(deliveryId) ?? 0) + 1;
      runs.set(deliveryId, run);
      if (run > 1) return DONE;
      // Called by a timer, as it is by the look after requests under way.
      await new Promise((resolve) => setImmediate(resolve));
      leave();
      return { again: { at: new Date(Date.now() + 200), lane: 'slow' } };
    });
    await queue.enqueue(Array.from({ length: 20 }, () => job(randomUUID())));
    await eventually(() => expect([...runs.values()]).toEqual(Array.from({ length: 20 }, () => 2)));
    expect(errors).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, type Lane, type Part, newId } from '@posthorn/core';
import {
  consumeDeliveries,
  createDeliveryQueue,
  type DeliveryJob,
  type DeliveryQueue,
  type TaskResult,
} from '@posthorn/queue';
import { eventually, type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { DeliveryRunner, type Deliver, type DeliveryRunnerDeps } from '../../src/lanes/delivery-runner.js';
import { LanePermits } from '../../src/lanes/lane-permits.js';
import type { DeliveryRead } from '../../src/store/delivery-loader.js';
import { deliveryTask } from '../fixtures/delivery-task.js';
import { flushPromises, useFakeTime } from '@posthorn/testkit/fake-time';

const DONE: TaskResult = { reschedule: null };
/** The result of a job whose delivery has another one. */
const LEFT: TaskResult = { reschedule: null, hasOtherJob: true };
/** Every delivery may run at once. */
const AT_ONCE = { wait: async () => () => {}, begin: () => () => {} };

const CONCURRENCY: Record<Lane, number> = { fast: 4, slow: 1, retry: 4, replay: 4 };

const task = (deliveryId: string = newId(), lane: Lane = 'slow') => deliveryTask({ deliveryId, lane });

const requeued = (lane: Lane) => deliveryTask({ deliveryId: 'a', lane, requeued: true });

/** A delivery whose end the test controls. */
interface RunningDelivery {
  begin: (epoch: number) => boolean;
  detach: (payloadBytes: number) => boolean;
  end: (result: TaskResult) => void;
  fail: (error: Error) => void;
}

interface StartOptions extends DeliveryRunnerDeps {
  concurrency: Record<Lane, number>;
  maxDetached: number;
  maxDetachedBytes: number;
}

describe('a runner of deliveries', () => {
  let calls: string[];
  let enqueued: DeliveryJob[];
  let errors: unknown[];
  /** Failed removals to come, because the job is still active. */
  let failedRemovals: number;
  const queue: DeliveryRunnerDeps['queue'] = {
    removeJob: async (deliveryId, lane, addedAt) => {
      calls.push(`withdraw ${deliveryId} ${lane}${addedAt === undefined ? '' : ` of ${addedAt}`}`);
      failedRemovals -= 1;
      return failedRemovals < 0;
    },
    postpone: async ({ deliveryId, lane }, delayMs) => {
      calls.push(`postpone ${deliveryId} ${lane} ${delayMs}`);
    },
    enqueue: async (jobs) => {
      enqueued.push(...jobs);
    },
  };

  beforeEach(() => {
    useFakeTime();
    calls = [];
    enqueued = [];
    errors = [];
    failedRemovals = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Starts deliveries whose end the test controls. */
  function start({
    concurrency = CONCURRENCY,
    maxDetached = 20,
    maxDetachedBytes = 1e9,
    ...changes
  }: Partial<StartOptions> = {}) {
    const started: RunningDelivery[] = [];
    const permits = new LanePermits({ concurrency, maxDetached, maxDetachedBytes });
    const deliver: Deliver = (_task, permit) => {
      permit.claim('tenant');
      const { begin, detach } = permit;
      return new Promise((end, fail) => started.push({ begin, detach, end, fail }));
    };
    const deps = { queue, permits, turns: AT_ONCE, deliver, onError: (error: unknown) => errors.push(error) };
    const deliveries = new DeliveryRunner({ ...deps, ...changes });
    return { deliveries, permits, started };
  }

  it('does not detach while the lane has capacity, and returns the result of the delivery', async () => {
    const { deliveries, permits, started } = start();
    const result = deliveries.run(task('a', 'fast'));
    await flushPromises();
    expect(started[0]?.detach(100)).toBe(false);
    const reschedule = { delayMs: 5000, lane: 'retry' as const };
    started[0]?.end({ reschedule });
    expect(await result).toEqual({ reschedule });
    expect(calls).toEqual([]);
    expect(permits.running('fast')).toBe(0);
  });

  it('runs a delivery that was just stored at once, with a permit of its tenant, and without a read', async () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the tenant matters to the runner
    const stored = { loaded: { webhook: { tenantId: 'tenant' } } } as DeliveryRead;
    const passed: unknown[] = [];
    const deliver: Deliver = async (_task, _permit, read) => {
      passed.push(read);
      return DONE;
    };
    const { deliveries, permits } = start({
      concurrency: { ...CONCURRENCY, fast: 3 },
      deliver,
      maxDetached: 0,
    });
    expect(permits.hasRoomFor('fast', 'tenant')).toBe(true);
    const result = deliveries.runStored(task('a', 'fast'), stored);
    expect(passed).toEqual([stored]);
    expect(permits.hasRoomFor('fast', 'tenant')).toBe(false);
    expect(permits.hasRoomFor('fast', 'other')).toBe(true);
    expect(await result).toEqual(DONE);
    expect(permits.hasRoomFor('fast', 'tenant')).toBe(true);
  });

  it('detaches in a full lane and delays the job in case this process dies', async () => {
    const { deliveries, permits, started } = start();
    const result = deliveries.run(task('a'));
    await flushPromises();
    expect(permits.isFull('slow')).toBe(true);
    expect(started[0]?.detach(100)).toBe(true);
    expect(permits.isFull('slow')).toBe(false);
    expect(await result).toEqual({ reschedule: { delayMs: 45_000, lane: 'slow', isInFlight: true } });
    expect([permits.running('slow'), permits.detachedCount]).toEqual([0, 1]);
  });

  it('postpones the job of a detached delivery until it ends', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    jest.advanceTimersByTime(30_000);
    expect(calls).toEqual(['postpone a slow 45000', 'postpone a slow 45000']);
    started[0]?.end(DONE);
    await deliveries.idle();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('removes the job of a detached delivery at its end', async () => {
    const { deliveries, permits, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    started[0]?.end(DONE);
    await deliveries.idle();
    expect(calls).toEqual(['withdraw a slow']);
    expect(enqueued).toEqual([]);
    expect(permits.detachedCount).toBe(0);
  });

  it('enqueues a new job for a retry', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    started[0]?.end({ reschedule: { delayMs: 5000, lane: 'retry' } });
    await deliveries.idle();
    expect(calls).toEqual(['withdraw a slow']);
    expect(enqueued).toEqual([{ deliveryId: 'a', delayMs: 5000, lane: 'retry', requeued: false }]);
  });

  it('enqueues the new job only after the old one, which is still active, could be removed', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    failedRemovals = 2;
    started[0]?.end({ reschedule: { delayMs: 5000, lane: 'slow' } });
    await flushPromises();
    expect(enqueued).toEqual([]);
    await deliveries.idle();
    expect(calls).toEqual(Array.from({ length: 3 }, () => 'withdraw a slow'));
    expect(enqueued).toHaveLength(1);
  });

  it('waits for a pending postponement before it enqueues a new job', async () => {
    let postponed: (() => void) | undefined;
    const slow = { ...queue, postpone: () => new Promise<void>((resolve) => (postponed = resolve)) };
    const { deliveries, started } = start({ queue: slow });
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    jest.advanceTimersByTime(15_000);
    started[0]?.end({ reschedule: { delayMs: 20_000, lane: 'slow' } });
    await flushPromises();
    expect(enqueued).toEqual([]);
    postponed?.();
    await deliveries.idle();
    expect(enqueued).toHaveLength(1);
  });

  it('detaches a delivery only once', async () => {
    const { deliveries, permits, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    expect([started[0]?.detach(100), started[0]?.detach(100)]).toEqual([true, true]);
    expect(permits.detachedCount).toBe(1);
    started[0]?.end(DONE);
    await deliveries.idle();
    expect(calls).toEqual(['withdraw a slow']);
  });

  it('stops detaching when the lane has capacity again', async () => {
    const { deliveries, permits, started } = start({ concurrency: { ...CONCURRENCY, fast: 8 } });
    for (let n = 0; n < 8; n += 1) void deliveries.run(task(`${n}`, 'fast'));
    await flushPromises();
    expect(started.map(({ detach }) => detach(100))).toEqual([
      true,
      true,
      ...Array.from({ length: 6 }, () => false),
    ]);
    expect(permits.running('fast')).toBe(6);
    for (const { end } of started) end(DONE);
    await deliveries.idle();
    await flushPromises();
    expect(permits.running('fast')).toBe(0);
  });

  it('stops detaching at the maximum', async () => {
    const { deliveries, started } = start({ concurrency: { ...CONCURRENCY, fast: 1 }, maxDetached: 4 });
    for (let n = 0; n < 4; n += 1) void deliveries.run(task(`${n}`, 'fast'));
    await flushPromises();
    expect(started.map(({ detach }) => detach(100))).toEqual([true, true, false, false]);
    started[0]?.end(DONE);
    await flushPromises();
    expect(started.map(({ detach }) => detach(100))).toEqual([true, true, true, false]);
    for (const { end } of started) end(DONE);
    await deliveries.idle();
  });

  it('stops detaching when the payloads of the detached deliveries need too much memory', async () => {
    const { deliveries, started } = start({
      concurrency: { ...CONCURRENCY, fast: 1 },
      maxDetachedBytes: 4_000_000,
    });
    for (let n = 0; n < 4; n += 1) void deliveries.run(task(`${n}`, 'fast'));
    await flushPromises();
    expect(started.map(({ detach }, n) => detach(n === 1 ? 2_500_000 : 1_000_000))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    started[0]?.end(DONE);
    await flushPromises();
    expect(started[3]?.detach(1_000_000)).toBe(true);
    for (const { end } of started) end(DONE);
    await deliveries.idle();
  });

  it('keeps the delayed job when Redis is unavailable at the end', async () => {
    const unavailable = { ...queue, removeJob: () => Promise.reject(new Error('unavailable')) };
    const { deliveries, started } = start({ queue: unavailable });
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    started[0]?.end({ reschedule: { delayMs: 5000, lane: 'slow' } });
    await deliveries.idle();
    expect(errors).toMatchObject([{ message: 'unavailable' }]);
    expect(enqueued).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('hands detached deliveries over: their jobs run soon and are no longer postponed', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.detach(100);
    const stopping = deliveries.stop(new Deadline(0));
    await flushPromises();
    jest.advanceTimersByTime(0);
    await stopping;
    jest.advanceTimersByTime(30_000);
    expect(calls).toEqual(['postpone a slow 1000']);
    started[0]?.end(DONE);
    await deliveries.idle();
  });

  it('rejects or reports an error, and frees the lane in both cases', async () => {
    const { deliveries, permits, started } = start();
    const attached = deliveries.run(task('a'));
    await flushPromises();
    started[0]?.fail(new Error('error'));
    await expect(attached).rejects.toThrow('error');
    expect(permits.running('slow')).toBe(0);

    const detached = deliveries.run(task('b'));
    await flushPromises();
    started[1]?.detach(100);
    started[1]?.fail(new Error('late error'));
    await expect(detached).resolves.toMatchObject({ reschedule: { lane: 'slow' } });
    await deliveries.idle();
    expect(errors).toMatchObject([{ message: 'late error' }]);
    expect(permits.running('slow')).toBe(0);
  });

  it('runs a delivery once at a time: a second job of it runs later', async () => {
    const { deliveries, started } = start();
    const first = deliveries.run(task('a'));
    expect(await deliveries.run(task('a'))).toEqual({ reschedule: { delayMs: 1000, lane: 'slow' } });
    await flushPromises();
    started[0]?.fail(new Error('error'));
    await expect(first).rejects.toThrow('error');
    void deliveries.run(task('a'));
    await flushPromises();
    expect(started).toHaveLength(2);
  });

  it('runs a delivery that was made pending again beside a request of an earlier epoch', async () => {
    const { deliveries, started } = start();
    const first = deliveries.run(task('a'));
    await flushPromises();
    expect(started[0]?.begin(0)).toBe(true);
    const second = deliveries.run(requeued('retry'));
    await flushPromises();
    expect(started[1]?.begin(2)).toBe(true);
    started[1]?.end(DONE);
    expect(await second).toEqual(DONE);
    // The first one still runs.
    expect(await deliveries.run(task('a'))).toMatchObject({ reschedule: { delayMs: 1000 } });
    started[0]?.end(DONE);
    expect(await first).toEqual(LEFT);
  });

  it('does not run the same epoch twice', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    expect(started[0]?.begin(2)).toBe(true);
    void deliveries.run(requeued('fast'));
    await flushPromises();
    expect(started[1]?.begin(2)).toBe(false);
    // Reads it again, as after it waited too long.
    expect(started[0]?.begin(2)).toBe(true);
  });

  it('leaves a delivery that was made pending again to its new job, before another run has read it', async () => {
    const { deliveries, started } = start();
    const first = deliveries.run(task('a'));
    await flushPromises();
    const second = deliveries.run(requeued('retry'));
    await flushPromises();
    expect(started[1]?.begin(2)).toBe(true);
    expect(started[0]?.begin(2)).toBe(false);
    started[0]?.end({ reschedule: { delayMs: 1000, lane: 'slow' } });
    expect(await first).toEqual(LEFT);
    const retry = { delayMs: 5000, lane: 'retry' as const };
    started[1]?.end({ reschedule: retry });
    expect(await second).toEqual({ reschedule: retry });
  });

  it('sends an earlier epoch that was read again, and leaves the delivery to its new job afterward', async () => {
    const { deliveries, started } = start();
    const first = deliveries.run(task('a'));
    await flushPromises();
    started[0]?.begin(0);
    void deliveries.run(requeued('retry'));
    await flushPromises();
    expect(started[0]?.begin(0)).toBe(true);
    expect(started[1]?.begin(2)).toBe(true);
    expect(started[0]?.begin(0)).toBe(false);
    started[0]?.end({ reschedule: { delayMs: 5000, lane: 'retry' } });
    expect(await first).toEqual(LEFT);
  });

  it('reschedules a delivery that was made pending again in the lane of its job: other lanes may have an earlier one', async () => {
    const { deliveries, started } = start();
    void deliveries.run(task('a'));
    await flushPromises();
    started[0]?.begin(0);
    const second = deliveries.run(requeued('fast'));
    await flushPromises();
    started[1]?.begin(2);
    started[1]?.end({ reschedule: { delayMs: 5000, lane: 'slow' } });
    expect(await second).toEqual({ reschedule: { delayMs: 5000, lane: 'fast' } });
  });

  it('does the same for one that is detached, which is still one that was made pending again', async () => {
    const { deliveries, started } = start({ concurrency: { ...CONCURRENCY, fast: 1 } });
    void deliveries.run(requeued('fast'));
    await flushPromises();
    started[0]?.detach(100);
    started[0]?.end({ reschedule: { delayMs: 5000, lane: 'slow' } });
    await deliveries.idle();
    expect(enqueued).toEqual([{ deliveryId: 'a', lane: 'fast', delayMs: 5000, requeued: true }]);
  });

  it.each<[string, number, TaskResult]>([
    ['a later run has begun', 2, { reschedule: { delayMs: 0, lane: 'slow' } }],
    ['its delivery was made pending again', 0, LEFT],
  ])('removes only the job of a detached delivery itself if %s', async (_case, epoch, result) => {
    const { deliveries, started } = start();
    void deliveries.run(deliveryTask({ deliveryId: 'a', lane: 'slow', addedAt: 7 }));
    await flushPromises();
    started[0]?.begin(0);
    started[0]?.detach(100);
    void deliveries.run(requeued('retry'));
    await flushPromises();
    started[1]?.begin(epoch);
    jest.advanceTimersByTime(14_000);
    started[0]?.end(result);
    await deliveries.idle();
    expect([calls, enqueued]).toEqual([['withdraw a slow of 7'], []]);
  });

  it('hands no delivery over that another run continues with', async () => {
    const { deliveries, started } = start();
    void deliveries.run(deliveryTask({ deliveryId: 'a', lane: 'slow', addedAt: 7 }));
    await flushPromises();
    started[0]?.begin(0);
    started[0]?.detach(100);
    void deliveries.run(requeued('retry'));
    await flushPromises();
    started[1]?.begin(2);
    const stopping = deliveries.stop(new Deadline(0));
    await flushPromises();
    jest.advanceTimersByTime(0);
    await stopping;
    expect(calls).toEqual(['withdraw a slow of 7']);
  });

  it('runs a delivery again whose turn was an error', async () => {
    const wait = jest.fn(async () => () => {}).mockRejectedValueOnce(new Error('error'));
    const { deliveries, started } = start({ turns: { ...AT_ONCE, wait } });
    await expect(deliveries.run(task('a'))).rejects.toThrow('error');
    void deliveries.run(task('a'));
    await flushPromises();
    expect(started).toHaveLength(1);
  });

  it('ends the turn of a delivery once, when it leaves its lane', async () => {
    const ended = jest.fn();
    const { deliveries, started } = start({ turns: { ...AT_ONCE, wait: async () => ended } });
    void deliveries.run(task('a'));
    await flushPromises();
    expect(ended).not.toHaveBeenCalled();
    started[0]?.detach(100);
    expect(ended).toHaveBeenCalledTimes(1);
    started[0]?.end(DONE);
    await deliveries.idle();
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

const job = (deliveryId: string) => ({ deliveryId, lane: 'slow' as const });

describe('a runner of deliveries with Redis', () => {
  let fresh: FreshQueuePrefix;
  let queue: DeliveryQueue;
  let consumers: Part[];
  beforeEach(async () => {
    consumers = [];
    fresh = freshQueuePrefix();
    queue = await createDeliveryQueue(fresh);
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop(new Deadline(100))));
    await queue.stop();
    await fresh.clear();
  });

  async function work(deliver: Deliver, lanes: Lane[] = ['slow']) {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const permits = new LanePermits({ concurrency: CONCURRENCY, maxDetached: 100, maxDetachedBytes: 1e9 });
    const deliveries = new DeliveryRunner({
      queue,
      permits,
      turns: AT_ONCE,
      deliver(running, permit) {
        permit.claim('tenant');
        return deliver(running, permit);
      },
      onError,
    });
    const consume = (lane: Lane) =>
      consumeDeliveries(
        {
          ...fresh,
          lane,
          concurrency: CONCURRENCY[lane],
          enqueue: (jobs) => queue.enqueue(jobs),
          onMalformed: onError,
          onError,
        },
        (each) => deliveries.run(each),
      );
    consumers.push(...(await Promise.all(lanes.map(consume))));
    return { deliveries, errors };
  }

  it('runs the next deliveries', async () => {
    const ends: (() => void)[] = [];
    const { deliveries, errors } = await work((_task, { detach }) => {
      setImmediate(() => detach(100));
      return new Promise((resolve) => ends.push(() => resolve(DONE)));
    });
    await queue.enqueue(Array.from({ length: 5 }, () => job(newId())));
    await eventually(() => expect(ends).toHaveLength(5));
    await eventually(async () => expect((await queue.depth()).slow).toMatchObject({ delayed: 5, active: 0 }));
    for (const end of ends) end();
    await deliveries.idle();
    expect((await queue.depth()).slow).toEqual({ waiting: 0, active: 0, delayed: 0 });
    expect(errors).toEqual([]);
  });

  it('retries on time a delivery that ends right after it was detached', async () => {
    const runs = new Map<string, number>();
    const { errors } = await work(async ({ deliveryId }, { detach }) => {
      const run = (runs.get(deliveryId) ?? 0) + 1;
      runs.set(deliveryId, run);
      if (run > 1) return DONE;
      // As from a timer of InFlightRequests.
      await new Promise((resolve) => setImmediate(resolve));
      detach(100);
      return { reschedule: { delayMs: 200, lane: 'slow' as const } };
    });
    await queue.enqueue(Array.from({ length: 20 }, () => job(newId())));
    await eventually(() => expect([...runs.values()]).toEqual(Array.from({ length: 20 }, () => 2)));
    expect(errors).toEqual([]);
  });

  describe('with a request of an earlier epoch that hangs', () => {
    const EMPTY = { waiting: 0, active: 0, delayed: 0 };
    const RETRY: TaskResult = { reschedule: { delayMs: 60_000, lane: 'slow' } };

    /** Starts a delivery in the slow lane whose request hangs. Later runs send it as epoch 2 and fail. */
    async function hang() {
      const runs: { detach: (payloadBytes: number) => boolean; end: () => void }[] = [];
      const { deliveries, errors } = await work(
        (_task, { begin, detach }) => {
          begin(runs.length === 0 ? 0 : 2);
          return new Promise((resolve) => {
            runs.push({ detach, end: () => resolve(LEFT) });
            if (runs.length > 1) resolve(RETRY);
          });
        },
        ['slow', 'fast'],
      );
      const deliveryId = newId();
      await queue.enqueue([job(deliveryId)]);
      await eventually(() => expect(runs).toHaveLength(1));
      const expectJobs = (slow: object, fast: object) =>
        eventually(async () => expect(await queue.depth()).toMatchObject({ slow, fast }));
      return { deliveries, errors, runs, deliveryId, expectJobs };
    }

    it('keeps the job of the retry, in the lane beside it', async () => {
      const { errors, runs, deliveryId, expectJobs } = await hang();
      await queue.requeue({ deliveryId, lane: 'slow' });
      await expectJobs({ ...EMPTY, active: 1 }, { ...EMPTY, delayed: 1 });
      runs[0]?.end();
      await expectJobs(EMPTY, { ...EMPTY, delayed: 1 });
      expect(errors).toEqual([]);
    });

    it('removes its job, which was delayed after the retry had got one', async () => {
      const { deliveries, errors, runs, deliveryId, expectJobs } = await hang();
      await queue.requeue({ deliveryId, lane: 'slow' });
      runs[0]?.detach(100);
      await expectJobs({ ...EMPTY, delayed: 1 }, { ...EMPTY, delayed: 1 });
      runs[0]?.end();
      await deliveries.idle();
      await expectJobs(EMPTY, { ...EMPTY, delayed: 1 });
      expect(errors).toEqual([]);
    });

    it('keeps the job of the retry that has replaced its own', async () => {
      const { deliveries, errors, runs, deliveryId, expectJobs } = await hang();
      runs[0]?.detach(100);
      await expectJobs({ ...EMPTY, delayed: 1 }, EMPTY);
      await queue.requeue({ deliveryId, lane: 'slow' });
      await eventually(() => expect(runs).toHaveLength(2));
      await expectJobs({ ...EMPTY, delayed: 1 }, EMPTY);
      runs[0]?.end();
      await deliveries.idle();
      await expectJobs({ ...EMPTY, delayed: 1 }, EMPTY);
      expect(errors).toEqual([]);
    });
  });
});

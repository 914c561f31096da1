import { describe, expect, it } from '@jest/globals';
import { type Lane, LANES, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { createDeliveryQueue, type TaskResult } from '../src/index.js';
import { shardOf, shardPrefixes } from '../src/redis/shards.js';
import { Gate } from './fixtures/gate.js';
import { startWorker, useQueue } from './fixtures/use-queue.js';
import { useRedisUser } from './fixtures/use-redis-user.js';

const inUse = useQueue();
const EMPTY = { waiting: 0, active: 0, delayed: 0 };
const job = (deliveryId: string, delayMs = 0) => ({ deliveryId, delayMs, lane: 'fast' as const });
const ids = (count: number) => Array.from({ length: count }, () => newId());

/** Returns in how many milliseconds the job of a delivery in the fast lane is due. */
async function delayOf(deliveryId: string): Promise<number> {
  const score = await inUse.redis.zscore(`${inUse.prefix}:deliveries-fast:delayed`, `d_${deliveryId}`);
  // The upper bits of the score contain the time.
  return Number(score) / 4096 - Date.now();
}
const addedAtOf = async (deliveryId: string) =>
  Number(await inUse.redis.hget(`${inUse.prefix}:deliveries-fast:d_${deliveryId}`, 'timestamp'));
const postpone = (deliveryId: string, addedAt: number) =>
  inUse.queue.postpone({ deliveryId, lane: 'fast', addedAt }, 120_000);

describe('the queue of deliveries', () => {
  it('adds a delivery once, however often it is enqueued', async () => {
    const id = newId();
    await inUse.queue.enqueue([job(id), job(id)]);
    await inUse.queue.enqueue([job(id, 60_000)]);
    expect((await inUse.queue.depth()).fast).toEqual({ waiting: 1, active: 0, delayed: 0 });
  });

  it('adds deliveries in several chunks', async () => {
    await inUse.queue.enqueue(ids(2500).map((id) => job(id)));
    expect((await inUse.queue.depth()).fast).toMatchObject({ waiting: 2500 });
  });

  it('delays a job until it is due', async () => {
    await inUse.queue.enqueue([job(newId(), 60_000), job(newId(), -60_000)]);
    expect((await inUse.queue.depth()).fast).toEqual({ waiting: 1, active: 0, delayed: 1 });
  });

  it('returns the deliveries without a job', async () => {
    const [waiting = '', delayed = '', missing = ''] = ids(3);
    await inUse.queue.enqueue([job(waiting), job(delayed, 60_000)]);
    expect(await inUse.queue.findMissingJobs([waiting, delayed, missing])).toEqual(new Set([missing]));
    expect(await inUse.queue.findMissingJobs([])).toEqual(new Set());
  });

  it('finds a job in any lane', async () => {
    const [slow = '', missing = ''] = ids(2);
    await inUse.queue.enqueue([{ ...job(slow), lane: 'slow' }]);
    expect(await inUse.queue.findMissingJobs([slow, missing])).toEqual(new Set([missing]));
    expect(await inUse.queue.depth()).toMatchObject({ fast: { waiting: 0 }, slow: { waiting: 1 } });
    expect(await inUse.queue.fastLaneLength()).toBe(0);
  });

  it('removes a job, and postpones a delayed one', async () => {
    const [removed = '', postponed = ''] = ids(2);
    await inUse.queue.enqueue([job(removed, 60_000), job(postponed, 60_000)]);
    const addedAt = await addedAtOf(postponed);
    await inUse.queue.removeJob(removed, 'fast');
    await Promise.all([postpone(removed, addedAt), postpone(postponed, addedAt)]);
    expect((await inUse.queue.depth()).fast).toEqual({ waiting: 0, active: 0, delayed: 1 });
    expect(await delayOf(postponed)).toBeGreaterThan(100_000);
  });

  it('neither removes nor postpones a job that has replaced another one in its lane', async () => {
    const [replaced = ''] = ids(1);
    await inUse.queue.enqueue([job(replaced, 60_000)]);
    const addedAt = await addedAtOf(replaced);
    await postpone(replaced, addedAt - 1);
    expect(await inUse.queue.removeJob(replaced, 'fast', addedAt - 1)).toBe(true);
    expect(await delayOf(replaced)).toBeLessThan(60_001);
    expect(await inUse.queue.removeJob(replaced, 'fast', addedAt)).toBe(true);
    expect((await inUse.queue.depth()).fast).toEqual(EMPTY);
  });

  it('removes jobs that are in no list, where no worker finds them', async () => {
    const [unlisted = '', locked = '', waiting = '', delayed = '', prioritized = '', active = ''] = ids(6);
    await inUse.queue.enqueue([job(unlisted), job(locked), job(active)]);
    const lane = `${inUse.prefix}:deliveries-fast`;
    await inUse.redis.rename(`${lane}:wait`, `${lane}:lost`);
    await inUse.redis.lpush(`${lane}:active`, `d_${active}`);
    await inUse.redis.set(`${lane}:d_${locked}:lock`, 'of a worker that moves it');
    await inUse.queue.enqueue([job(waiting), job(delayed, 60_000), { ...job(prioritized), priority: 1 }]);
    const all = [unlisted, locked, waiting, delayed, prioritized, active, newId()];
    expect(await inUse.queue.findMissingJobs(all.slice(0, -1))).toEqual(new Set());
    expect(await inUse.queue.removeUnlistedJobs(all)).toEqual([unlisted]);
    expect(await inUse.queue.findMissingJobs(all.slice(0, -1))).toEqual(new Set([unlisted]));
  });

  it('replaces the jobs of a delivery that is requeued, in every lane', async () => {
    const [requeued = '', other = ''] = ids(2);
    await inUse.queue.enqueue([
      ...LANES.map((lane) => ({ deliveryId: requeued, delayMs: 60_000, lane })),
      job(other, 60_000),
    ]);
    await inUse.queue.requeue({ deliveryId: requeued, lane: 'retry' });
    expect(await inUse.queue.depth()).toEqual({
      fast: { waiting: 0, active: 0, delayed: 1 },
      slow: { waiting: 0, active: 0, delayed: 0 },
      retry: { waiting: 1, active: 0, delayed: 0 },
      replay: { waiting: 0, active: 0, delayed: 0 },
    });
  });

  it.each<[Lane, Lane]>([
    ['fast', 'retry'],
    ['retry', 'fast'],
  ])('adds the job beside one that a worker runs for long: in lane %s, in lane %s', async (lane, added) => {
    const [requeued = ''] = ids(1);
    const gate = new Gate();
    const worker = await startWorker(
      inUse,
      async () => {
        await gate.opened;
        return { reschedule: null };
      },
      lane,
    );
    await inUse.queue.enqueue([{ ...job(requeued), lane }]);
    await worker.waitForTasks(1);
    await inUse.queue.requeue({ deliveryId: requeued, lane: 'retry' });
    expect(await inUse.queue.depth()).toMatchObject({ [lane]: { active: 1 }, [added]: { waiting: 1 } });
    const other = await startWorker(inUse, undefined, added);
    await other.waitForTasks(1);
    expect(other.tasks[0]).toMatchObject({ deliveryId: requeued, requeued: true });
    gate.open();
    await eventually(async () =>
      expect(await inUse.queue.depth()).toMatchObject({ fast: EMPTY, retry: EMPTY }),
    );
    expect(worker.errors).toEqual([]);
  });

  it.each<[string, TaskResult]>([
    ['completes', { reschedule: null }],
    ['is delayed', { reschedule: { delayMs: 60_000, lane: 'retry' } }],
    ['moves to another lane', { reschedule: { delayMs: 60_000, lane: 'slow' } }],
  ])('adds the job after the one %s that a worker was about to finish', async (_end, result) => {
    const [requeued = ''] = ids(1);
    const gate = new Gate();
    const results = [result];
    const worker = await startWorker(
      inUse,
      async () => {
        await gate.opened;
        return results.pop() ?? { reschedule: null };
      },
      'retry',
    );
    await inUse.queue.enqueue([{ ...job(requeued), lane: 'retry' }]);
    await worker.waitForTasks(1);
    const added = inUse.queue.requeue({ deliveryId: requeued, lane: 'retry' });
    await inUse.queue.depth();
    gate.open();
    await added;
    await worker.waitForTasks(2);
    expect((await inUse.queue.depth()).slow).toEqual(EMPTY);
    expect(worker.errors).toEqual([]);
  });

  it.each([
    ['a day late', -86_400_000, 1],
    ['a day early', 86_400_000, 1],
    ['a minute late', -60_000, 1],
    ['correct', 0, 0],
  ])('runs delayed jobs of a process whose clock was %s', async (_clock, skewMs, misplaced) => {
    const id = newId();
    await inUse.queue.enqueue([{ ...job(id, 300_000), lane: 'retry' }]);
    const key = `${inUse.prefix}:deliveries-retry:delayed`;
    if (skewMs !== 0) await inUse.redis.zadd(key, (Date.now() + skewMs) * 4096, `d_${id}`);
    expect(await inUse.queue.runMisplaced(600_000)).toBe(misplaced);
    expect((await inUse.queue.depth()).retry).toEqual({
      waiting: misplaced,
      active: 0,
      delayed: 1 - misplaced,
    });
    expect(await inUse.queue.runMisplaced(600_000)).toBe(0);
  });

  it('returns no worker count when Redis does not list clients', async () => {
    const { redis, redisUrl, prefix } = inUse;
    await redis.acl('SETUSER', prefix, 'on', '>secret', '~*', '&*', '+@all', '-client');
    const url = Object.assign(new URL(redisUrl), { username: prefix, password: 'secret' });
    const queue = await createDeliveryQueue({ redisUrl: url.href, prefix });
    expect(await queue.workerCount()).toBeNull();
    await queue.stop();
    await redis.acl('DELUSER', prefix);
  });

  it('lets one installation use a prefix', async () => {
    const { queue, prefix } = inUse;
    await queue.claimPrefix('first');
    await queue.claimPrefix('first');
    await expect(queue.claimPrefix('second')).rejects.toThrow(
      `The Redis keys under ${prefix} belong to another installation. Set another POSTHORN_QUEUE_PREFIX, or, ` +
        `if that installation no longer exists, delete the key ${prefix}:installation.`,
    );
    await inUse.redis.del(`${prefix}:installation`);
    await queue.claimPrefix('second');
  });

  it('detects that Redis has lost its data', async () => {
    expect(await inUse.queue.population()).toEqual([null]);
    await inUse.queue.markPopulated();
    const first = await inUse.queue.population();
    await inUse.queue.markPopulated();
    expect(await inUse.queue.population()).toEqual(first);
    await inUse.clear();
    expect(await inUse.queue.population()).toEqual([null]);
    await inUse.queue.markPopulated();
    expect(await inUse.queue.population()).toEqual([expect.any(String)]);
    expect(await inUse.queue.population()).not.toEqual(first);
  });

  it('keeps a job in the compact encoding of Redis', async () => {
    const id = newId();
    await inUse.queue.enqueue([job(id)]);
    const key = `${inUse.prefix}:deliveries-fast:d_${id}`;
    expect(await inUse.redis.object('ENCODING', key)).toBe('listpack');
    expect(await inUse.redis.memory('USAGE', key)).toBeLessThan(400);
  });

  it('pings Redis', async () => {
    await inUse.queue.ping();
  });
});

describe('while a shard does not reply', () => {
  const user = useRedisUser(inUse);

  it('serves the others', async () => {
    const settings = { redisUrl: await user.create('&*', '+@all'), prefix: inUse.prefix, shards: 3 };
    const queue = await createDeliveryQueue(settings);
    inUse.onStop(queue);
    await queue.markPopulated();
    const [, ...others] = shardPrefixes(settings);
    await user.change('resetkeys', ...others.map((prefix) => `~${prefix}:*`));

    const deliveryIds = ids(30);
    const served = deliveryIds.filter((id) => shardOf(id, 3) !== 0);
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    expect(await queue.findMissingJobs(deliveryIds, onFailure)).toEqual(new Set(served));
    expect(failures).toHaveLength(30 - served.length);
    await expect(queue.enqueue(deliveryIds.map((id) => job(id)))).rejects.toThrow('NOPERM');
    await eventually(async () => expect(await queue.fastLaneLength()).toBe(served.length));
    const marks = [undefined, expect.any(String), expect.any(String)];
    expect(await queue.population(onFailure)).toEqual(marks);
    const misplaced = served.map((deliveryId) => ({ deliveryId, lane: 'retry' as const, delayMs: 60_000 }));
    await queue.enqueue(misplaced);
    expect(await queue.runMisplaced(1000, onFailure)).toBe(served.length);
  });
});

describe('without Redis', () => {
  it('throws a one-line error', async () => {
    const queue = createDeliveryQueue({ redisUrl: 'redis://:hidden@127.0.0.1:1', prefix: 'p' });
    await expect(queue).rejects.toThrow(/^cannot reach Redis at 127\.0\.0\.1:1: [^\n]*ECONNREFUSED[^\n]*$/);
  });
});

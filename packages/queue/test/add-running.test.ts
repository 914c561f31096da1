import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Deadline, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import type { TaskResult } from '../src/index.js';
import { Gate } from './fixtures/gate.js';
import { startWorker, useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const EMPTY = { waiting: 0, active: 0, delayed: 0 };
const keyOf = (name: string) => `${inUse.prefix}:deliveries-fast:${name}`;
const depth = async () => (await inUse.queue.depth()).fast;
const enqueue = (deliveryId: string) => inUse.queue.enqueue([{ deliveryId, lane: 'fast' }]);

/** A worker whose deliveries run until `gate` is opened. */
async function startHeldWorker() {
  const gate = new Gate();
  const worker = await startWorker(inUse, async (): Promise<TaskResult> => {
    await gate.opened;
    return { reschedule: null };
  });
  return { worker, open: () => gate.open() };
}

/** All that Redis has of the job of a delivery, without times and the token of its worker. */
async function storedJob(deliveryId: string): Promise<unknown> {
  const key = keyOf(`d_${deliveryId}`);
  const { timestamp, processedOn, ...fields } = await inUse.redis.hgetall(key);
  return {
    fields,
    hasTimes: Number(timestamp) > 0 && Number(processedOn) > 0,
    isActive: (await inUse.redis.lpos(keyOf('active'), `d_${deliveryId}`)) !== null,
    isLocked: (await inUse.redis.pttl(`${key}:lock`)) > 10_000,
  };
}

describe('a delivery that its process runs', () => {
  it('has the job that it would have if a worker had fetched it', async () => {
    const { worker, open } = await startHeldWorker();
    const [fetched, here] = [newId(), newId()];
    await enqueue(fetched);
    await worker.waitForTasks(1);
    expect(await worker.consumer.addRunning(here)).toBe(true);
    const [one, other] = await worker.waitForTasks(2);
    const addedAt = Number(await inUse.redis.hget(keyOf(`d_${here}`), 'timestamp'));
    expect(addedAt).toBeGreaterThan(0);
    expect(other).toEqual({ ...one, deliveryId: here, addedAt, at: expect.anything() });
    expect(await storedJob(here)).toEqual(await storedJob(fetched));
    expect(await depth()).toEqual({ ...EMPTY, active: 2 });
    open();
    await eventually(async () => expect(await depth()).toEqual(EMPTY));
    expect(await inUse.redis.keys(keyOf('d_*'))).toEqual([]);
    expect(worker.errors).toEqual([]);
  });

  it('is rescheduled like others', async () => {
    let runs = 0;
    const worker = await startWorker(inUse, async () => {
      runs += 1;
      return { reschedule: runs < 3 ? { delayMs: 5, lane: 'fast' } : null };
    });
    const id = newId();
    await worker.consumer.addRunning(id);
    await worker.waitForTasks(3);
    await eventually(async () => expect(await depth()).toEqual(EMPTY));
    expect(worker.errors).toEqual([]);
  });

  it('gets no second job', async () => {
    const { worker, open } = await startHeldWorker();
    const [running, delayed, other] = [newId(), newId(), newId()];
    await enqueue(running);
    await worker.waitForTasks(1);
    await inUse.queue.enqueue([
      { deliveryId: delayed, lane: 'fast', delayMs: 60_000 },
      { deliveryId: other, lane: 'retry', delayMs: 60_000 },
    ]);
    expect(await worker.consumer.addRunning(running)).toBe(false);
    expect(await worker.consumer.addRunning(delayed)).toBe(false);
    expect(await worker.consumer.addRunning(other)).toBe(false);
    open();
  });

  it('ends before its worker has stopped, and none is added from then on', async () => {
    const { worker, open } = await startHeldWorker();
    await worker.consumer.addRunning(newId());
    const stopped = worker.consumer.stop(new Deadline(60_000));
    expect(await worker.consumer.addRunning(newId())).toBe(false);
    open();
    await stopped;
    expect(await depth()).toEqual(EMPTY);
    expect(worker.errors).toEqual([]);
  });

  it('returns to the queue at the deadline, for another worker', async () => {
    const { worker } = await startHeldWorker();
    const id = newId();
    await worker.consumer.addRunning(id);
    await worker.consumer.stop(new Deadline(100));
    const next = await startWorker(inUse);
    expect(await next.waitForTasks(1)).toMatchObject([{ deliveryId: id, crashes: 0 }]);
  });

  it('runs in another worker after its process was killed', async () => {
    const id = newId();
    const fixture = path.join(import.meta.dirname, 'fixtures/consumer-to-kill.mjs');
    const child = fork(fixture, [inUse.redisUrl, inUse.prefix, id], { execArgv: [] });
    expect(await once(child, 'message')).toEqual([{ deliveryId: id }, undefined]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const worker = await startWorker(inUse);
    expect(await worker.waitForTasks(1)).toMatchObject([{ deliveryId: id, crashes: 1 }]);
    await eventually(async () => expect(await depth()).toEqual(EMPTY));
  });
});

it('a lane has a backlog while jobs wait, and after it was stopped', async () => {
  const seen: boolean[] = [];
  const worker = await startWorker(
    inUse,
    async () => {
      seen.push(worker.consumer.hasBacklog);
      return { reschedule: null };
    },
    'fast',
    1,
  );
  const ids = [newId(), newId(), newId()];
  await inUse.queue.enqueue(ids.map((deliveryId) => ({ deliveryId, lane: 'fast' })));
  await eventually(() => expect(seen).toEqual([true, true, false]));
  await worker.consumer.stop(new Deadline(1000));
  expect(worker.consumer.hasBacklog).toBe(true);
});

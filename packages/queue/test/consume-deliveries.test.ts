import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Deadline, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { consumeDeliveries, type TaskResult } from '../src/index.js';
import { Gate } from './fixtures/gate.js';
import { startWorker, useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const SETTLED: TaskResult = { reschedule: null };
const settleSoon = () => sleep(5, SETTLED);
const EMPTY = { waiting: 0, active: 0, delayed: 0 };

const enqueue = (deliveryId: string, delayMs = 0) =>
  inUse.queue.enqueue([{ deliveryId, delayMs, lane: 'fast' }]);
/** Less than the 10 s after which a worker that waits for a job looks for one by itself. */
const SOON_MS = 8000;

const waitUntilEmpty = () => eventually(async () => expect((await inUse.queue.depth()).fast).toEqual(EMPTY));

/** The clients that wait for jobs, as Redis lists them. */
async function waitingClients(): Promise<string[]> {
  const clients = String(await inUse.redis.client('LIST')).split('\n');
  return clients.filter((client) => client.includes('cmd=bzpopmin') && / flags=\w*b/.test(client));
}

/** Waits until no job exists and the worker waits for the next one. */
const waitUntilIdle = () =>
  eventually(async () => {
    expect(await inUse.redis.keys(`${inUse.prefix}:deliveries-fast:d_*`)).toEqual([]);
    expect(await waitingClients()).not.toEqual([]);
  });

/** How often a worker looks for stalled jobs, in milliseconds. */
const STALLED_INTERVAL_MS = 5000;

/** A line of MONITOR: time, database and source, command. Commands of scripts have the source "lua". */
const CALL = /^\+[\d.]+ \[\d+ (?<source>\S+)\] "(?<command>[^"]+)"/;

interface MonitoredCalls {
  calls: Record<string, number>;
  /** The most times that a worker has looked for stalled jobs meanwhile. */
  checks: number;
}

/**
 * Counts the calls of clients that name the prefix, without those of scripts, until the returned function is called. The MONITOR of ioredis fails if a call of another client arrives
 * together with the reply.
 */
async function monitorCalls(): Promise<() => MonitoredCalls> {
  const { hostname, port, password } = new URL(inUse.redisUrl);
  const socket = connect(Number(port), hostname);
  const lines = createInterface(socket);
  if (password) {
    socket.write(`AUTH ${password}\r\n`);
    await once(lines, 'line');
  }
  const calls: Record<string, number> = {};
  lines.on('line', (line) => {
    const { source = '', command = '' } = CALL.exec(line)?.groups ?? {};
    if (source === 'lua' || !line.includes(`${inUse.prefix}:deliveries-`)) return;
    const name = command.toLowerCase();
    calls[name] = (calls[name] ?? 0) + 1;
  });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  const startedAt = performance.now();
  return () => {
    socket.destroy();
    return {
      calls,
      checks: Math.ceil((performance.now() - startedAt) / STALLED_INTERVAL_MS),
    };
  };
}

describe('a worker', () => {
  it('runs each delivery once and leaves no data in Redis', async () => {
    const [first, second] = [newId(), newId()];
    await enqueue(first);
    const worker = await startWorker(inUse);
    await enqueue(second);
    const tasks = await worker.waitForTasks(2);
    expect(tasks).toMatchObject([
      { deliveryId: first, crashes: 0 },
      { deliveryId: second, crashes: 0 },
    ]);
    await waitUntilEmpty();
    expect(await inUse.redis.keys(`${inUse.prefix}:deliveries-fast:d_*`)).toEqual([]);
    expect(worker.errors).toEqual([]);
  });

  it('is counted while it is running', async () => {
    expect(await inUse.queue.workerCount()).toBe(0);
    const first = await startWorker(inUse);
    await startWorker(inUse, undefined, 'retry');
    await startWorker(inUse);
    await eventually(async () => expect(await inUse.queue.workerCount()).toBe(2));
    await first.consumer.stop(new Deadline(100));
    await eventually(async () => expect(await inUse.queue.workerCount()).toBe(1));
  });

  it('runs a delivery again after its job has completed', async () => {
    const id = newId();
    const worker = await startWorker(inUse);
    await enqueue(id);
    await worker.waitForTasks(1);
    await waitUntilEmpty();
    await enqueue(id);
    expect(await worker.waitForTasks(2)).toHaveLength(2);
  });

  it('runs a delayed delivery when it is due', async () => {
    const worker = await startWorker(inUse);
    const dueAt = Date.now() + 700;
    await enqueue(newId(), 700);
    const [task] = await worker.waitForTasks(1);
    expect(task?.at).toBeGreaterThanOrEqual(dueAt - 50);
  });

  it('runs a delayed delivery when it is due, although another delivery has woken it before', async () => {
    const worker = await startWorker(inUse);
    const dueAt = Date.now() + 700;
    const delayed = newId();
    await enqueue(delayed, 700);
    await sleep(100);
    await enqueue(newId());
    const tasks = await worker.waitForTasks(2);
    expect(tasks.find(({ deliveryId }) => deliveryId === delayed)?.at).toBeLessThan(dueAt + SOON_MS);
  });

  it('makes three calls to Redis for a delivery on an idle lane: it waits, fetches and finishes', async () => {
    const worker = await startWorker(inUse);
    await enqueue(newId());
    await worker.waitForTasks(1);
    await waitUntilIdle();
    const countCalls = await monitorCalls();
    const deliveries = 10;
    for (let n = 0; n < deliveries; n += 1) {
      await enqueue(newId());
      await worker.waitForTasks(n + 2);
      await waitUntilIdle();
    }
    const { calls, checks } = countCalls();
    const { evalsha = 0, bzpopmin = 0, llen = 0 } = calls;
    // Each delivery is also added.
    expect(evalsha).toBeLessThanOrEqual(deliveries * 3 + 1 + checks);
    expect(bzpopmin).toBeLessThanOrEqual(deliveries + checks);
    expect(llen).toBe(0);
  });

  it.each([1, 2, 10])(
    'runs bursts of deliveries with a concurrency of %i, each once',
    async (concurrency) => {
      const workers = [
        await startWorker(inUse, settleSoon, 'fast', concurrency),
        await startWorker(inUse, settleSoon, 'fast', concurrency),
      ];
      const ids: string[] = [];
      for (const size of [1, 7, 1, 1, 30, 2, 1]) {
        const burst = Array.from({ length: size }, () => newId());
        ids.push(...burst);
        await inUse.queue.enqueue(burst.map((deliveryId) => ({ deliveryId, lane: 'fast' as const })));
        await sleep(size * 5);
      }
      const ran = () => workers.flatMap(({ tasks }) => tasks.map(({ deliveryId }) => deliveryId));
      await eventually(async () => expect(ran()).toHaveLength(ids.length));
      await waitUntilEmpty();
      expect(ran().toSorted()).toEqual(ids.toSorted());
      expect(workers.flatMap(({ errors }) => errors)).toEqual([]);
    },
  );

  it('runs waiting deliveries by their priority, and counts all of them as waiting', async () => {
    const [later, low, high, none] = [newId(), newId(), newId(), newId()];
    await inUse.queue.enqueue([
      { deliveryId: low, lane: 'fast', priority: 3 },
      { deliveryId: later, lane: 'fast', delayMs: 300, priority: 2 },
      { deliveryId: high, lane: 'fast', priority: 1 },
      { deliveryId: none, lane: 'fast' },
    ]);
    expect((await inUse.queue.depth()).fast).toEqual({ waiting: 3, active: 0, delayed: 1 });
    await sleep(350);
    const worker = await startWorker(inUse, undefined, 'fast', 1);
    const tasks = await worker.waitForTasks(4);
    expect(tasks.map(({ deliveryId }) => deliveryId)).toEqual([none, high, later, low]);
    await waitUntilEmpty();
  });

  it('keeps the priority of a rescheduled delivery for its next run only', async () => {
    const id = newId();
    const priorities: (string | null)[] = [];
    const worker = await startWorker(inUse, async () => {
      priorities.push(await inUse.redis.hget(`${inUse.prefix}:deliveries-fast:d_${id}`, 'priority'));
      if (priorities.length === 3) return { reschedule: null };
      const isFirst = priorities.length === 1;
      return { reschedule: { delayMs: 1, lane: 'fast', ...(isFirst && { priority: 5 }) } };
    });
    await enqueue(id);
    await worker.waitForTasks(3);
    await waitUntilEmpty();
    expect(priorities).toEqual(['0', '5', '0']);
    expect(worker.errors).toEqual([]);
  });

  it('leaves nothing of a job that was lost while it ran, so that it is recreated', async () => {
    const id = newId();
    const worker = await startWorker(inUse, async () => {
      if (worker.tasks.length > 1) return { reschedule: null };
      await inUse.clear();
      return { reschedule: { delayMs: 1, lane: 'fast', priority: 5 } };
    });
    await enqueue(id);
    await eventually(() => expect(worker.errors).not.toEqual([]));
    expect(await inUse.queue.findMissingJobs([id])).toEqual(new Set([id]));
    await enqueue(id);
    await worker.waitForTasks(2);
  });

  it('does not change the priority of a job that another worker runs', async () => {
    const id = newId();
    const key = `${inUse.prefix}:deliveries-fast:d_${id}`;
    const worker = await startWorker(inUse, async () => {
      await inUse.redis.set(`${key}:lock`, 'of another worker');
      return { reschedule: { delayMs: 1, lane: 'fast', priority: 5 } };
    });
    await enqueue(id);
    await eventually(() => expect(worker.errors).not.toEqual([]));
    expect(await inUse.redis.hget(key, 'priority')).toBe('0');
  });

  it('starts further deliveries when its concurrency is raised, while all others hang', async () => {
    const ends: (() => void)[] = [];
    const hang = () => new Promise<TaskResult>((end) => ends.push(() => end({ reschedule: null })));
    const worker = await startWorker(inUse, hang);
    worker.consumer.limit(2);
    for (let n = 0; n < 6; n += 1) await enqueue(newId());
    await worker.waitForTasks(2);
    await sleep(50);
    expect(worker.tasks).toHaveLength(2);
    worker.consumer.limit(5);
    await worker.waitForTasks(5);
    worker.consumer.limit(3);
    worker.consumer.limit(10);
    await worker.waitForTasks(6);
    for (const end of ends) end();
    await waitUntilEmpty();
    expect(worker.errors).toEqual([]);
  });

  it('runs a rescheduled delivery at the requested time, repeatedly', async () => {
    const scheduledTimes: number[] = [];
    const worker = await startWorker(inUse, () => {
      if (scheduledTimes.length === 3) return Promise.resolve({ reschedule: null });
      scheduledTimes.push(Date.now() + 300);
      return Promise.resolve({ reschedule: { delayMs: 300, lane: 'fast' } });
    });
    await enqueue(newId());
    const tasks = await worker.waitForTasks(4);
    scheduledTimes.forEach((time, index) => expect(tasks[index + 1]?.at).toBeGreaterThanOrEqual(time - 50));
    await waitUntilEmpty();
    expect(worker.errors).toEqual([]);
  });

  it('keeps a rescheduled job in the compact encoding', async () => {
    const id = newId();
    const worker = await startWorker(inUse, () =>
      Promise.resolve({ reschedule: { delayMs: 60_000, lane: 'fast' } }),
    );
    await enqueue(id);
    await worker.waitForTasks(1);
    await eventually(async () => expect((await inUse.queue.depth()).fast).toEqual({ ...EMPTY, delayed: 1 }));
    const key = `${inUse.prefix}:deliveries-fast:d_${id}`;
    expect(await inUse.redis.object('ENCODING', key)).toBe('listpack');
    expect(await inUse.redis.memory('USAGE', key)).toBeLessThan(500);
  });

  it('moves a delivery to another lane', async () => {
    const id = newId();
    const fast = await startWorker(inUse, () =>
      Promise.resolve({ reschedule: { delayMs: 200, lane: 'retry' } }),
    );
    const retry = await startWorker(inUse, undefined, 'retry');
    await enqueue(id);
    const [task] = await retry.waitForTasks(1);
    expect(task).toMatchObject({ deliveryId: id, lane: 'retry', released: false });
    expect((task?.at ?? 0) - (fast.tasks[0]?.at ?? 0)).toBeGreaterThanOrEqual(150);
    await waitUntilEmpty();
  });

  it('runs a burst within its concurrency, each delivery once', async () => {
    const ids = Array.from({ length: 60 }, () => newId());
    await inUse.queue.enqueue(ids.map((deliveryId) => ({ deliveryId, lane: 'fast' as const })));
    let inFlight = 0;
    const concurrencies: number[] = [];
    const all = new Gate();
    const worker = await startWorker(inUse, async () => {
      concurrencies.push((inFlight += 1));
      if (inFlight === 10) all.open();
      await all.opened;
      await sleep(10);
      inFlight -= 1;
      return { reschedule: null };
    });
    const tasks = await worker.waitForTasks(ids.length);
    expect(tasks.map(({ deliveryId }) => deliveryId).toSorted()).toEqual(ids.toSorted());
    expect(Math.max(...concurrencies)).toBe(10);
    await waitUntilEmpty();
    expect(worker.errors).toEqual([]);
  });

  it('runs prioritized jobs first, and marks released ones', async () => {
    const [first, second, prioritized] = [newId(), newId(), newId()];
    await enqueue(first);
    await enqueue(second);
    await inUse.queue.enqueue([{ deliveryId: prioritized, lane: 'fast', prioritized: true, released: true }]);
    const worker = await startWorker(inUse);
    const tasks = await worker.waitForTasks(3);
    expect(tasks.map((task) => [task.deliveryId, task.released, task.prioritized])).toEqual([
      [prioritized, true, true],
      [first, false, false],
      [second, false, false],
    ]);
  });

  it('runs the next delivery of a chain first, unless it yields', async () => {
    const [waiting, next, yielding] = [newId(), newId(), newId()];
    await enqueue(waiting);
    await inUse.queue.enqueue([
      { deliveryId: yielding, lane: 'fast', isNext: true },
      { deliveryId: next, lane: 'fast', isNext: true, prioritized: true },
    ]);
    const worker = await startWorker(inUse);
    const tasks = await worker.waitForTasks(3);
    expect(tasks.map((task) => [task.deliveryId, task.isNext, task.prioritized])).toEqual([
      [next, true, false],
      [waiting, false, false],
      [yielding, false, false],
    ]);
  });

  it('runs a delivery again after an unexpected error, and reports it', async () => {
    let runs = 0;
    const worker = await startWorker(inUse, () => {
      runs += 1;
      return runs === 1 ? Promise.reject(new Error('a bug')) : Promise.resolve({ reschedule: null });
    });
    await enqueue(newId());
    const [first, second] = await worker.waitForTasks(2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(4000);
    expect(worker.errors.map((error) => error.message)).toEqual(['a bug']);
    await waitUntilEmpty();
  });
});

describe('stopping a worker', () => {
  it('waits for jobs in progress, and starts no more', async () => {
    const gate = new EventEmitter();
    const worker = await startWorker(inUse, async () => {
      await once(gate, 'finish');
      return { reschedule: null };
    });
    await enqueue(newId());
    await worker.waitForTasks(1);
    const stopped = worker.consumer.stop(new Deadline(60_000));
    await sleep(500);
    await enqueue(newId());
    gate.emit('finish');
    await stopped;
    expect(worker.tasks).toHaveLength(1);
    expect((await inUse.queue.depth()).fast).toEqual({ ...EMPTY, waiting: 1 });
  });

  it('returns jobs that it is still fetching to the queue, for other workers', async () => {
    const ids = Array.from({ length: 500 }, () => newId());
    await inUse.queue.enqueue(ids.map((deliveryId) => ({ deliveryId, lane: 'fast' as const })));
    const worker = await startWorker(inUse);
    await worker.waitForTasks(100);
    const stopped = worker.consumer.stop(new Deadline(60_000));
    const startedCount = worker.tasks.length;
    await stopped;
    expect(worker.tasks.length).toBe(startedCount);
    const next = await startWorker(inUse);
    await next.waitForTasks(ids.length - startedCount);
    await waitUntilEmpty();
    const deliveryIds = [...worker.tasks, ...next.tasks].map(({ deliveryId }) => deliveryId);
    expect(deliveryIds.toSorted()).toEqual(ids.toSorted());
  });

  it('stops at the deadline, and returns a hanging delivery to the queue, for another worker', async () => {
    const worker = await startWorker(inUse, () => new Promise(() => {}));
    await enqueue(newId());
    await worker.waitForTasks(1);
    await worker.consumer.stop(new Deadline(300));
    const next = await startWorker(inUse);
    expect(await next.waitForTasks(1)).toMatchObject([
      { deliveryId: worker.tasks[0]?.deliveryId, crashes: 0 },
    ]);
    expect(worker.errors).toEqual([]);
  });

  it('is immediate when no job is in progress', async () => {
    const worker = await startWorker(inUse);
    const startedAt = performance.now();
    await worker.consumer.stop(new Deadline(60_000));
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
  });
});

describe('a worker that is killed', () => {
  it('loses no delivery: another worker runs it and reports the crash in the task', async () => {
    const id = newId();
    const fixture = path.join(import.meta.dirname, 'fixtures/consumer-to-kill.mjs');
    const child = fork(fixture, [inUse.redisUrl, inUse.prefix], { execArgv: [] });
    await enqueue(id);
    expect(await once(child, 'message')).toEqual([{ deliveryId: id }, undefined]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const worker = await startWorker(inUse);
    expect(await worker.waitForTasks(1)).toMatchObject([{ deliveryId: id, crashes: 1 }]);
    await waitUntilEmpty();
  });
});

describe('without Redis', () => {
  it('throws a one-line error', async () => {
    const options = {
      redisUrl: 'redis://127.0.0.1:1',
      prefix: 'p',
      lane: 'fast' as const,
      concurrency: 1,
      enqueue: () => Promise.resolve(),
      onMalformed: () => {},
      onError: () => {},
    };
    await expect(consumeDeliveries(options, () => Promise.resolve({ reschedule: null }))).rejects.toThrow(
      /^cannot reach Redis at 127\.0\.0\.1:1: [^\n]*ECONNREFUSED[^\n]*$/,
    );
  });
});

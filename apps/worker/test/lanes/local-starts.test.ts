import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Deadline, newId } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { TenantJob } from '@posthorn/flow';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import { eventually } from '@posthorn/testkit';
import { KnownWebhooks } from '../../src/store/known-webhooks.js';
import { LanePermits } from '../../src/lanes/lane-permits.js';
import type { DeliveryRead } from '../../src/store/delivery-loader.js';
import { LocalStarts } from '../../src/lanes/local-starts.js';

const WEBHOOK = {
  id: newId(),
  version: '1',
  sentFromEpoch: 0,
  failingSince: null,
} as LoadedDelivery['webhook'];
const READ_AT = { monotonicMs: 5, wallMs: 1005 };
const DONE: TaskResult = { reschedule: null };
const RETRY: TaskResult = { reschedule: { delayMs: 5000, lane: 'retry' } };
const LANE = { fast: 8, slow: 1, retry: 1, replay: 1 };

const jobOf = (webhookVersion = '1', more: Partial<TenantJob> = {}): TenantJob => ({
  deliveryId: newId(),
  tenantId: 'acme',
  lane: 'fast',
  stored: {
    eventId: newId(),
    webhookId: WEBHOOK.id,
    webhookVersion,
    epoch: 0,
    nextAttemptAt: new Date(1000),
    eventType: 'invoice.paid',
    body: '{}',
    traceContext: null,
    attributes: null,
    readAt: READ_AT,
  },
  ...more,
});

interface Fakes {
  webhook?: Partial<LoadedDelivery['webhook']>;
  isOnlyElsewhere?: boolean;
  concurrency?: number;
  hasBacklog?: boolean;
  /** Runs a delivery. */
  run?: (task: DeliveryTask) => Promise<TaskResult>;
  /** Returns whether Redis adds the job. */
  addRunning?: (deliveryId: string) => Promise<boolean>;
}

function localStarts({
  webhook,
  isOnlyElsewhere = false,
  concurrency = 8,
  hasBacklog = false,
  run = () => Promise.resolve(DONE),
  addRunning = () => Promise.resolve(true),
}: Fakes = {}) {
  const webhooks = new KnownWebhooks(() => 0);
  webhooks.remember({ ...WEBHOOK, ...webhook });
  const permits = new LanePermits({
    concurrency: { ...LANE, fast: concurrency },
    maxDetached: 100,
    maxDetachedBytes: 100 * 1024 * 1024,
  });
  const tasks: DeliveryTask[] = [];
  const reads: DeliveryRead[] = [];
  const added: string[] = [];
  const counts: number[] = [];
  const errors: unknown[] = [];
  const starts = new LocalStarts({
    permits,
    webhooks,
    count: (started) => counts.push(started),
    room: { isOnlyElsewhere },
    runner: {
      run(task) {
        tasks.push(task);
        return run(task);
      },
      runStored(task, stored) {
        tasks.push(task);
        reads.push(stored);
        permits.acquire(task.lane).claim(stored.loaded.webhook.tenantId);
        return run(task);
      },
    },
    lane: () => ({
      hasBacklog,
      addRunning(deliveryId) {
        added.push(deliveryId);
        return addRunning(deliveryId);
      },
    }),
    onError: (error) => errors.push(error),
  });
  return { starts, permits, tasks, reads, added, counts, errors };
}

/** Resolves what runs, and what has ended. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a delivery that was just stored', () => {
  it('starts with what its statement has read, and needs no job', async () => {
    const { starts, tasks, reads, added, counts } = localStarts();
    const job = jobOf();
    expect(starts.startOrReturn([job])).toEqual([]);
    expect(counts).toEqual([1]);
    expect(tasks).toMatchObject([{ deliveryId: job.deliveryId, lane: 'fast', crashes: 0 }]);
    expect(reads).toMatchObject([
      {
        loaded: {
          delivery: { id: job.deliveryId, attemptCount: 0, dueInMs: 0 },
          webhook: { id: WEBHOOK.id },
          body: '{}',
        },
        readAt: READ_AT,
        dueAtMs: READ_AT.monotonicMs,
      },
    ]);
    await settled();
    expect(added).toEqual([]);
  });

  it.each([
    ['its webhook is a shadow', { webhook: { sentFromEpoch: null } }, {}],
    ['its webhook fails', { webhook: { failingSince: new Date() } }, {}],
    ['its webhook is slow', {}, { lane: 'slow' }],
    ['its webhook has changed or is not known', { webhook: { version: '2' } }, {}],
    ['it is a retry or a replay', {}, { stored: null }],
    ['only another worker has room', { isOnlyElsewhere: true }, {}],
    ['jobs wait before it', { hasBacklog: true }, {}],
  ] as const)('is added to its lane if %s', (_case, fakes, more) => {
    const { starts, tasks } = localStarts(fakes);
    const job = jobOf('1', more);
    expect(starts.startOrReturn([job])).toEqual([job]);
    expect(tasks).toEqual([]);
  });

  it.each<[string, () => Promise<TaskResult>]>([
    ['runs again later', () => Promise.resolve(RETRY)],
    ['fails unexpectedly', () => Promise.reject(new Error('a bug'))],
  ])('gets a job that continues with it if it %s', async (_case, run) => {
    const { starts, tasks, added } = localStarts({ run });
    const { deliveryId } = startOne(starts);
    await eventually(() => expect(added).toEqual([deliveryId]));
    const [task] = tasks;
    if (!task) throw new Error('It did not run');
    expect(await outcomeOf(starts.run(task))).toEqual(await outcomeOf(run()));
    expect(tasks).toHaveLength(1);
    // A later job runs it again.
    await outcomeOf(starts.run(task));
    expect(tasks).toHaveLength(2);
  });

  it('gets a job that ends with it if it takes long', async () => {
    const gate = new EventEmitter();
    const { starts, tasks, added } = localStarts({ run: () => once(gate, 'open').then(() => DONE) });
    const { deliveryId } = startOne(starts);
    await settled();
    expect(added).toEqual([]);
    await eventually(() => expect(added).toEqual([deliveryId]));
    const [task] = tasks;
    if (!task) throw new Error('It did not run');
    const ended = starts.run(task);
    gate.emit('open');
    expect(await ended).toEqual(DONE);
    expect(tasks).toHaveLength(1);
  });

  it('runs beside a job of a delivery that was made pending again', async () => {
    const { starts, tasks } = localStarts({ run: () => new Promise(() => {}) });
    startOne(starts);
    const [task] = tasks;
    if (!task) throw new Error('It did not run');
    void starts.run({ ...task, requeued: true });
    expect(tasks).toHaveLength(2);
  });

  it('is tried to be added until it has ended', async () => {
    const gate = new EventEmitter();
    const { starts, added } = localStarts({
      run: () => once(gate, 'open').then(() => DONE),
      addRunning: () => Promise.resolve(false),
    });
    startOne(starts);
    await eventually(() => expect(added.length).toBeGreaterThan(1));
    gate.emit('open');
    await starts.stop(new Deadline(60_000));
  });

  it('is no room for others', () => {
    const { starts } = localStarts({ concurrency: 1 });
    const [first, second] = [jobOf(), jobOf()];
    expect(starts.startOrReturn([first, second])).toEqual([second]);
    expect(starts.startOrReturn([second])).toEqual([second]);
  });
});

it('at a stop, what runs gets a job, and nothing more starts', async () => {
  const { starts, added } = localStarts({ run: () => new Promise(() => {}) });
  const { deliveryId } = startOne(starts);
  await starts.stop(new Deadline(60_000));
  expect(added).toEqual([deliveryId]);
  const job = jobOf();
  expect(starts.startOrReturn([job])).toEqual([job]);
});

it('deliveries start up to three quarters of the lane, and 16 of a batch', () => {
  const jobs = Array.from({ length: 40 }, () => jobOf());
  expect(localStarts({ concurrency: 100 }).starts.startOrReturn(jobs)).toEqual(jobs.slice(16));

  const { starts, permits } = localStarts({ concurrency: 8 });
  permits.acquire('fast');
  permits.acquire('fast');
  expect(starts.startOrReturn(jobs)).toEqual(jobs.slice(4));
  permits.limit('fast', 7);
  expect(localStarts({ concurrency: 8 }).starts.startOrReturn(jobs)).toEqual(jobs.slice(6));
  expect(starts.startOrReturn(jobs)).toEqual(jobs);
});

function startOne(starts: LocalStarts): TenantJob {
  const job = jobOf();
  expect(starts.startOrReturn([job])).toEqual([]);
  return job;
}

const outcomeOf = (result: Promise<TaskResult>) => result.catch((error: Error) => error.message);

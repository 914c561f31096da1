import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { TenantJob } from '@posthorn/flow';
import { KnownWebhooks } from '../src/known-webhooks.js';
import { LanePermits } from '../src/lane-permits.js';
import { LocalStarts } from '../src/local-starts.js';

const WEBHOOK = {
  id: newId(),
  version: '1',
  sentFromEpoch: 0,
  failingSince: null,
} as LoadedDelivery['webhook'];
const READ_AT = { monotonicMs: 5, wallMs: 1005 };
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
  utilization?: number;
  concurrency?: number;
  maxDetached?: number;
  /** Returns the deliveries that Redis lets start. */
  answer?: (deliveryIds: readonly string[]) => readonly string[] | Promise<readonly string[]>;
}

function localStarts({
  webhook,
  utilization = 0,
  concurrency = 8,
  maxDetached = 100,
  answer = (ids) => ids,
}: Fakes = {}) {
  const webhooks = new KnownWebhooks(() => 0);
  webhooks.remember({ ...WEBHOOK, ...webhook });
  const permits = new LanePermits({
    concurrency: { ...LANE, fast: concurrency },
    maxDetached,
    maxDetachedBytes: maxDetached * 1024 * 1024,
  });
  const reads: ReturnType<LocalStarts['take']>[] = [];
  const counts: number[] = [];
  const starts = new LocalStarts({
    permits,
    webhooks,
    count: (started) => counts.push(started),
    utilization: () => utilization,
    async startHere(deliveryIds) {
      const started = await answer(deliveryIds);
      for (const id of started) reads.push(starts.take(id));
      return new Set(started);
    },
  });
  return { starts, permits, reads, counts };
}

describe('a delivery that was just stored', () => {
  it('is taken once: a second run of it reads it', async () => {
    const { starts, reads } = localStarts({ answer: (ids) => [...ids, ...ids] });
    await starts.start([jobOf()]);
    expect(reads).toEqual([expect.anything(), undefined]);
  });

  it('starts with what its statement has read', async () => {
    const { starts, reads, counts } = localStarts();
    const job = jobOf();
    expect(await starts.start([job])).toEqual([]);
    expect(counts).toEqual([1]);
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
    expect(starts.take(job.deliveryId)).toBeUndefined();
  });

  it.each([
    ['its webhook is a shadow', { webhook: { sentFromEpoch: null } }, {}],
    ['its webhook fails', { webhook: { failingSince: new Date() } }, {}],
    ['its webhook is slow', {}, { lane: 'slow' }],
    ['its webhook has changed or is not known', { webhook: { version: '2' } }, {}],
    ['it is a retry or a replay', {}, { stored: null }],
    ['the process is busy', { utilization: 0.9 }, {}],
    ['jobs wait before it', { answer: () => [] }, {}],
  ] as const)('is added to its lane if %s', async (_case, fakes, more) => {
    const { starts, reads } = localStarts(fakes);
    const job = jobOf('1', more);
    expect(await starts.start([job])).toEqual([job]);
    expect(reads).toEqual([]);
    expect(starts.take(job.deliveryId)).toBeUndefined();
  });

  it('is added to its lane if Redis does not respond soon', async () => {
    const { starts } = localStarts({ answer: () => new Promise(() => {}) });
    const job = jobOf();
    expect(await starts.start([job])).toEqual([job]);
    expect(starts.take(job.deliveryId)).toBeUndefined();
  });

  it('does not count as room for others while it starts', async () => {
    const responses = new EventEmitter();
    const { starts } = localStarts({
      concurrency: 1,
      answer: async (ids) => once(responses, 'sent').then(() => ids),
    });
    const [first, second] = [jobOf(), jobOf()];
    const starting = starts.start([first]);
    expect(await starts.start([second])).toEqual([second]);
    responses.emit('sent');
    expect(await starting).toEqual([]);
  });
});

it('deliveries start up to three quarters of the lane, and 16 of a batch', async () => {
  const jobs = Array.from({ length: 40 }, () => jobOf());
  expect(await localStarts({ concurrency: 100 }).starts.start(jobs)).toEqual(jobs.slice(16));

  const { starts, permits } = localStarts({ concurrency: 8 });
  permits.acquire('fast');
  permits.acquire('fast');
  expect(await starts.start(jobs)).toEqual(jobs.slice(4));
  permits.limit('fast', 7);
  expect(await starts.start(jobs)).toEqual(jobs);
});

it('deliveries of a tenant start within its share of the lane', async () => {
  const { starts, permits } = localStarts({ concurrency: 100, maxDetached: 0 });
  for (let index = 0; index < 50; index += 1) permits.acquire('fast').claim('acme');
  const [other, own] = [jobOf('1', { tenantId: 'other' }), jobOf()];
  expect(await starts.start([own, other])).toEqual([own]);
});

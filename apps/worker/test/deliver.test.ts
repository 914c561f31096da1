import { describe, expect, it } from '@jest/globals';
import {
  createSealer,
  MAX_READ_AGE_MS,
  newSigningSecret,
  type Outcome,
  webhookSealingContext,
} from '@posthorn/core';
import { type LoadedDelivery, type Settlement } from '@posthorn/database';
import type { Admission } from '@posthorn/flow';
import type { OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask } from '@posthorn/queue';
import { Webhook } from 'standardwebhooks';
import { createDeliver, type DeliverDeps } from '../src/deliver.js';
import { afterRecord, type RecordRequest, toAttemptRecord } from '../src/record.js';

const NOW = new Date('2026-01-31T12:00:00Z');
const sealer = createSealer(Buffer.alloc(32, 7));
const secret = newSigningSecret();
const WEBHOOK_ID = '0197a000-0000-7000-8000-000000000001';
const DELIVERY_ID = '0197a000-0000-7000-8000-000000000002';
const TENANT_ID = '0197a000-0000-7000-8000-000000000004';
const EVENT_ID = '0197a000-0000-7000-8000-000000000003';

function loaded(changes: { delivery?: object; webhook?: object } = {}): LoadedDelivery {
  return {
    delivery: {
      id: DELIVERY_ID,
      eventId: EVENT_ID,
      status: 'pending',
      epoch: 0,
      attemptCount: 0,
      nextAttemptAt: NOW,
      replayed: false,
      ...changes.delivery,
    },
    webhook: {
      id: WEBHOOK_ID,
      tenantId: TENANT_ID,
      status: 'active',
      epoch: 0,
      url: 'https://receiver.example/hook',
      secrets: [{ sealed: sealer.seal(secret, webhookSealingContext(WEBHOOK_ID)), expiresAt: null }],
      headersSealed: sealer.seal('{"x-team":"billing"}', webhookSealingContext(WEBHOOK_ID)),
      retrySchedule: null,
      timeoutMs: 10_000,
      rateLimit: null,
      maxInFlight: 100,
      validatedAt: NOW,
      isSlow: false,
      failingSince: null,
      ...changes.webhook,
    },
    body: '{"id":"evt"}',
    eventType: 'invoice.paid',
    traceContext: null,
  };
}

/** A pipeline whose outside world is what a test says, and what was asked of that world. */
function pipeline(world: {
  reads?: (LoadedDelivery | undefined)[];
  outcomes?: Outcome[];
  admissions?: Admission[];
  waitMs?: number;
}) {
  const reads = [...(world.reads ?? [loaded()])];
  const outcomes = [...(world.outcomes ?? [response(200)])];
  const asked = {
    sent: [] as OutboundRequest[],
    recorded: [] as RecordRequest[],
    settled: [] as Settlement[],
    suspended: [] as string[],
    held: [] as string[],
    /** What was said of each request to whoever keeps the pace. */
    pace: [] as unknown[],
    left: 0,
    clockMs: 0,
  };
  const admissions = [...(world.admissions ?? [])];
  const deps: DeliverDeps = {
    load: async () => reads.shift(),
    pace: {
      async take(_webhook, { released }) {
        asked.pace.push(released ? 'take, released' : 'take');
        asked.clockMs += world.waitMs ?? 0;
        return admissions.shift() ?? 'go';
      },
      finished: (_webhook, signal) => asked.pace.push(signal),
      overdue: () => asked.pace.push('overdue'),
      held: () => asked.pace.push('held'),
    },
    hold: async (id) => {
      asked.held.push(id);
    },
    traceAttempt: () => null,
    underWay: { during: (_request, answer) => answer },
    send: async (request) => {
      asked.sent.push(request);
      return outcomes.shift() as Outcome;
    },
    record: async (request) => {
      asked.recorded.push(request);
      const record = toAttemptRecord(request);
      return afterRecord(request, record, record.status);
    },
    settle: async (settlement) => {
      asked.settled.push(settlement);
    },
    suspendGone: async ({ id }) => {
      asked.suspended.push(id);
    },
    onAttempt: () => {},
    sealer,
    now: () => NOW,
    monotonicMs: () => asked.clockMs,
    random: () => 0.5,
  };
  const leave = () => {
    asked.left += 1;
    return true;
  };
  const deliver = createDeliver(deps);
  return {
    asked,
    deps,
    run: (task: Partial<DeliveryTask> = {}) =>
      deliver(
        { deliveryId: DELIVERY_ID, lane: 'fast', released: false, prioritized: false, crashes: 0, ...task },
        leave,
      ),
  };
}

function response(status: number, retryAfter: string | null = null): Outcome {
  return { kind: 'response', status, body: 'ok', retryAfter, durationMs: 12 };
}

describe('a delivery that is due', () => {
  it('is sent signed, with the headers of its webhook, and recorded as succeeded', async () => {
    const { asked, run } = pipeline({});
    expect(await run()).toEqual({ again: null });
    const [request] = asked.sent;
    expect(request?.headers).toMatchObject({ 'x-team': 'billing', 'content-type': 'application/json' });
    expect(request?.headers['webhook-id']).toMatch(/^evt_/);
    // The clock of the library is the real one: only the signature itself is compared.
    const signed = new Webhook(secret).sign(request?.headers['webhook-id'] ?? '', NOW, request?.body ?? '');
    expect(request?.headers['webhook-signature']).toBe(signed);
    expect(toAttemptRecord(asked.recorded[0] as RecordRequest)).toMatchObject({
      number: 1,
      status: 'succeeded',
      responseStatus: 200,
      nextAttemptAt: null,
    });
  });

  it('is tried again in 5 s after a first failure', async () => {
    const { run } = pipeline({ outcomes: [response(500)] });
    expect(await run()).toEqual({ again: { at: new Date(NOW.getTime() + 5000), lane: 'retry' } });
  });

  it('obeys Retry-After', async () => {
    const { run } = pipeline({ outcomes: [response(429, '60')] });
    expect(await run()).toEqual({ again: { at: new Date(NOW.getTime() + 60_000), lane: 'retry' } });
  });

  it('waits in PostgreSQL for a retry that is more than 10 minutes away', async () => {
    const { asked, run } = pipeline({
      reads: [loaded({ delivery: { attemptCount: 2 } })],
      outcomes: [response(500)],
    });
    expect(await run()).toEqual({ again: null });
    expect(toAttemptRecord(asked.recorded[0] as RecordRequest)).toMatchObject({
      status: 'pending',
      parked: true,
    });
  });

  it('fails when the schedule is used up', async () => {
    const { asked, run } = pipeline({
      reads: [loaded({ webhook: { retrySchedule: [] } })],
      outcomes: [response(500)],
    });
    expect(await run()).toEqual({ again: null });
    expect(toAttemptRecord(asked.recorded[0] as RecordRequest)).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
    });
  });

  it('suspends the webhook after 410 Gone', async () => {
    const { asked, run } = pipeline({ outcomes: [response(410)] });
    expect(await run()).toEqual({ again: null });
    expect(asked.suspended).toEqual([WEBHOOK_ID]);
  });
});

describe('the barrier', () => {
  it('lets a request start only for so long after the read', async () => {
    const { asked, run } = pipeline({});
    await run();
    const mayStart = asked.sent[0]?.mayStart;
    asked.clockMs = MAX_READ_AGE_MS - 1;
    expect(mayStart?.()).toBe(true);
    asked.clockMs = MAX_READ_AGE_MS;
    expect(mayStart?.()).toBe(false);
  });

  it.each([
    ['is still wanted', loaded(), true],
    ['is suspended meanwhile', loaded({ webhook: { status: 'suspended', epoch: 1 } }), false],
    ['has another URL meanwhile', loaded({ webhook: { url: 'https://other.example' } }), false],
    ['is gone meanwhile', undefined, false],
  ])(
    'renews the permission over a slow connection only if the delivery %s',
    async (_what, again, allowed) => {
      const { asked, run } = pipeline({ reads: [loaded(), again] });
      await run();
      asked.clockMs = 2500;
      expect(asked.sent[0]?.mayStart?.()).toBe(false);
      await asked.sent[0]?.renew?.();
      expect(asked.sent[0]?.mayStart?.()).toBe(allowed);
    },
  );

  it('reads again when that second ran out, and drops what was suspended meanwhile', async () => {
    const { asked, run } = pipeline({
      reads: [loaded(), loaded({ webhook: { status: 'suspended', epoch: 1 } })],
      outcomes: [{ kind: 'not_started' }],
    });
    expect(await run()).toEqual({ again: null });
    expect(asked.recorded).toEqual([]);
    expect(asked.settled).toEqual([{ deliveryId: DELIVERY_ID, status: 'dropped', reason: 'suspended' }]);
  });

  it('pauses when the database is too slow for what it says to be acted on', async () => {
    const { asked, run } = pipeline({
      reads: [loaded(), loaded(), loaded(), loaded()],
      outcomes: Array.from({ length: 4 }, () => ({ kind: 'not_started' as const })),
    });
    expect(await run()).toEqual({ again: { at: new Date(NOW.getTime() + 1000), lane: 'fast' } });
    expect(asked.sent).toHaveLength(3);
    expect(asked.recorded).toEqual([]);
  });

  it.each([
    ['suspended', { status: 'suspended', epoch: 1 }, 'suspended'],
    ['active again under another epoch', { status: 'active', epoch: 2 }, 'suspended'],
    ['deleted', { status: 'deleted', epoch: 1 }, 'deleted'],
  ])('sends nothing to a webhook that is %s', async (_name, webhook, reason) => {
    const { asked, run } = pipeline({ reads: [loaded({ webhook })] });
    expect(await run()).toEqual({ again: null });
    expect(asked.sent).toEqual([]);
    expect(asked.settled).toEqual([{ deliveryId: DELIVERY_ID, status: 'dropped', reason }]);
  });
});

describe('a job that has nothing to send', () => {
  it.each([
    ['is settled already', [loaded({ delivery: { status: 'succeeded' } })]],
    ['is not in the database', [undefined]],
  ])('ends when its delivery %s', async (_name, reads) => {
    const { asked, run } = pipeline({ reads });
    expect(await run()).toEqual({ again: null });
    expect(asked.sent).toEqual([]);
  });

  it('comes back when its delivery is due', async () => {
    const dueAt = new Date(NOW.getTime() + 3000);
    const { asked, run } = pipeline({ reads: [loaded({ delivery: { nextAttemptAt: dueAt } })] });
    expect(await run()).toEqual({ again: { at: dueAt, lane: 'fast' } });
    expect(asked.sent).toEqual([]);
  });

  it('gives a delivery up whose payload has aged out', async () => {
    const { asked, run } = pipeline({ reads: [{ ...loaded(), body: null }] });
    expect(await run()).toEqual({ again: null });
    expect(asked.settled).toEqual([{ deliveryId: DELIVERY_ID, status: 'failed', reason: 'payload_expired' }]);
  });

  it('gives a delivery up that many workers have died of', async () => {
    const { asked, run } = pipeline({});
    expect(await run({ crashes: 21 })).toEqual({ again: null });
    expect(asked.settled).toEqual([{ deliveryId: DELIVERY_ID, status: 'failed', reason: 'crashed' }]);
  });
});

describe('the pace of a webhook', () => {
  it('is told of every request, before its outcome is on record', async () => {
    const { asked, deps, run } = pipeline({ outcomes: [response(503, '30')] });
    const { record } = deps;
    deps.record = async (request) => {
      asked.pace.push('record');
      return record(request);
    };
    await run();
    expect(asked.pace).toEqual([
      'take',
      { kind: 'trouble', startedAtMs: NOW.getTime(), retryAfterMs: 30_000 },
      'record',
    ]);
  });

  it('holds a delivery back that there is no room for', async () => {
    const { asked, run } = pipeline({ admissions: ['hold'] });
    expect(await run({ released: true })).toEqual({ again: null });
    expect(asked.held).toEqual([DELIVERY_ID]);
    // Only once it is written down, so that whoever releases it finds it.
    expect(asked.pace).toEqual(['take, released', 'held']);
    expect(asked.sent).toEqual([]);
  });

  it('reads again after a long wait for a slot, and keeps the slot', async () => {
    const { asked, run } = pipeline({ reads: [loaded(), loaded()], waitMs: 1500 });
    expect(await run()).toEqual({ again: null });
    expect(asked.pace).toEqual(['take', { kind: 'answered', latencyMs: 12 }]);
    expect(asked.sent).toHaveLength(1);
  });

  it('is left, with its slot, to the job of a delivery that was dropped and made again meanwhile', async () => {
    const again = loaded({ delivery: { epoch: 2 }, webhook: { epoch: 2 } });
    const { asked, run } = pipeline({ reads: [loaded(), again], waitMs: 1500 });
    expect(await run()).toEqual({ again: { at: NOW, lane: 'fast' } });
    expect(asked.pace).toEqual(['take', null]);
    expect(asked.sent).toEqual([]);
  });

  it('gets the slot back when nothing is sent after all', async () => {
    const suspended = loaded({ webhook: { status: 'suspended', epoch: 1 } });
    const { asked, run } = pipeline({ reads: [loaded(), suspended], waitMs: 1500 });
    await run();
    expect(asked.pace).toEqual(['take', null]);
    expect(asked.sent).toEqual([]);
  });

  it('gets the slot back when the pipeline breaks', async () => {
    const { asked, deps, run } = pipeline({});
    deps.send = () => Promise.reject(new Error('a bug'));
    await expect(run()).rejects.toThrow('a bug');
    expect(asked.pace).toEqual(['take', null]);
  });
});

describe('the lane', () => {
  it.each(['fast', 'retry'] as const)(
    'of a webhook that has become slow is left for the slow one: %s',
    async (lane) => {
      const { asked, run } = pipeline({ reads: [loaded({ webhook: { isSlow: true } })] });
      expect(await run({ lane })).toEqual({ again: { at: NOW, lane: 'slow' } });
      expect(asked.pace).toEqual([]);
    },
  );

  it('of a delivery that was replayed meanwhile is left for that of replays', async () => {
    const { asked, run } = pipeline({ reads: [loaded({ delivery: { replayed: true } })] });
    expect(await run({ lane: 'slow' })).toEqual({ again: { at: NOW, lane: 'replay' } });
    expect(asked.sent).toEqual([]);
  });

  it('may be the slow one for a webhook that is well again', async () => {
    const { asked, run } = pipeline({});
    await run({ lane: 'slow' });
    expect(asked.sent).toHaveLength(1);
  });

  it.each([
    ['slow', { webhook: { isSlow: true } }],
    ['replay', { delivery: { replayed: true } }],
    ['retry', {}],
  ] as const)('of a retry is %s', async (lane, changes) => {
    const { run } = pipeline({ reads: [loaded(changes)], outcomes: [response(500)] });
    expect(await run({ lane })).toMatchObject({ again: { lane } });
  });
});

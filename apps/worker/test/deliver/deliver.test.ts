import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  certificateSealingContext,
  createSealer,
  DEFAULT_SWITCHES,
  LIVE_CHAIN,
  MAX_FORMATTED_BODY_LENGTH,
  MAX_READ_AGE_MS,
  PARK_AFTER_MS,
  newId,
  base64Secret,
  newSigningSecret,
  type DeliveryFormat,
  type Outcome,
  parseProxyUrl,
  type ReceiverAuth,
  RequestComposer,
  sealAuth,
  sealFirstSecret,
  sealProxy,
  tenantSealingContext,
  STANDARD_FORMAT_ID,
  type StoredCertificates,
  type StoredFence,
  webhookSealingContext,
} from '@posthorn/core';
import type { Chain, LoadedDelivery, RecordedDelivery, Settlement } from '@posthorn/database/deliveries';
import type { SlotDecision, TokenResult } from '@posthorn/flow';
import type { OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask } from '@posthorn/queue';
import { REQUEST_WEBHOOK } from '@posthorn/testkit/setting-values';
import { Webhook } from 'standardwebhooks';
import { ConnectionProfiles } from '../../src/store/connection-profiles.js';
import { createDeliver } from '../../src/deliver/deliver.js';
import { DeliveryFormats } from '../../src/store/delivery-formats.js';
import type { DeliverDeps } from '../../src/deliver/run-state.js';
import { nextStep, type AttemptToRecord, toAttemptRecord } from '../../src/store/attempt-record.js';
import type { DeliveryRead } from '../../src/store/delivery-loader.js';
import { deliveryTask } from '../fixtures/delivery-task.js';

const NOW = new Date('2026-01-31T12:00:00Z');
const sealer = createSealer(Buffer.alloc(32, 7));
const secret = newSigningSecret();
const WEBHOOK_ID = '0197a000-0000-7000-8000-000000000001';
const DELIVERY_ID = '0197a000-0000-7000-8000-000000000002';
const TENANT_ID = '0197a000-0000-7000-8000-000000000004';
const EVENT_ID = '0197a000-0000-7000-8000-000000000003';

const SECRETS = sealFirstSecret(WEBHOOK_ID, base64Secret(secret), sealer);
const HEADERS_SEALED = sealer.seal('{"x-team":"billing"}', webhookSealingContext(WEBHOOK_ID));

function loaded(changes: { delivery?: object; webhook?: object } = {}): LoadedDelivery {
  return {
    delivery: {
      id: DELIVERY_ID,
      eventId: EVENT_ID,
      epoch: 0,
      attemptCount: 0,
      unscheduledAttempts: 0,
      nextAttemptAt: NOW,
      dueInMs: -30,
      replayed: false,
      isCancelled: false,
      formatId: null,
      sequence: null,
      chain: null,
      orderingKey: null,
      isHead: true,
      firstAttemptAt: null,
      ...changes.delivery,
    },
    webhook: {
      ...REQUEST_WEBHOOK,
      id: WEBHOOK_ID,
      tenantId: TENANT_ID,
      secrets: SECRETS,
      headersSealed: HEADERS_SEALED,
      validatedAt: NOW,
      ...changes.webhook,
    },
    body: '{"id":"evt"}',
    eventType: 'invoice.paid',
    traceContext: null,
    isErased: false,
    attributes: null,
  };
}

/** Returns a pipeline with fake dependencies, and the arguments of their calls. */
function pipeline(fakes: {
  reads?: (LoadedDelivery | undefined)[];
  /** The delivery as this process has just stored it, and its age. */
  stored?: { read: LoadedDelivery; ageMs?: number };
  /** The database is released at the end of this wait. Default: it is not quarantined. */
  quarantinedFor?: number;
  outcomes?: Outcome[];
  decisions?: SlotDecision[];
  /** Whether the delivery is held, by call. Default: true. */
  holds?: boolean[];
  /** Whether the tenant uses its share of the lane. */
  isSaturated?: boolean;
  /** Whether this process already runs the delivery. */
  isRunning?: boolean;
  isResponsive?: boolean;
  /** Whether another transaction has locked the row of the delivery. */
  isLocked?: boolean;
  retryPriority?: number;
  /** The access tokens, by call. Default: none is needed. */
  tokens?: TokenResult[];
  /** Whether there is another token in place of a rejected one. */
  isReplaced?: boolean;
  /** The results of comparing a webhook that was read again with its fence. */
  confirmations?: SlotDecision[];
  waitMs?: number;
  /** The delivery after the attempt was recorded, by default as the attempt decides. */
  recorded?: RecordedDelivery;
  /** The stored formats, by id. */
  formats?: Record<string, DeliveryFormat>;
  /** The stored certificates, by id. */
  certificates?: Record<string, StoredCertificates>;
}) {
  const reads = [...(fakes.reads ?? [loaded()])];
  const outcomes = [...(fakes.outcomes ?? [response(200)])];
  const calls = {
    sent: [] as OutboundRequest[],
    recorded: [] as AttemptToRecord[],
    settled: [] as Settlement[],
    suspended: [] as string[],
    /** Chains whose next delivery was started, after so many suspensions. */
    advanced: [] as { chain: Chain; suspensions: number }[],
    restored: [] as StoredFence[],
    held: [] as string[],
    /** The calls of the limiter, in order. */
    limiter: [] as unknown[],
    detached: 0,
    loads: 0,
    formatReads: [] as string[][],
    /** The tokens that the receiver has rejected. */
    rejected: [] as string[],
    certificateReads: [] as string[][],
    attempts: [] as Outcome[],
    /** The internal errors that were reported. */
    errors: [] as unknown[],
    clockMs: 0,
  };
  const moment = () => ({ monotonicMs: calls.clockMs, wallMs: NOW.getTime() + calls.clockMs });
  const decisions = [...(fakes.decisions ?? [])];
  const holds = [...(fakes.holds ?? [])];
  const tokens = [...(fakes.tokens ?? [])];
  const confirmations = [...(fakes.confirmations ?? [])];
  const quarantine = { waits: fakes.quarantinedFor ?? 0 };
  const deps: DeliverDeps = {
    store: {
      load: async () => {
        const readAt = moment();
        const next = reads.shift();
        calls.loads += 1;
        return next && { loaded: next, readAt, dueAtMs: readAt.monotonicMs + next.delivery.dueInMs };
      },
      formats: new DeliveryFormats(async (ids) => {
        calls.formatReads.push(ids);
        return new Map(Object.entries(fakes.formats ?? {}).filter(([id]) => ids.includes(id)));
      }),
      profiles: new ConnectionProfiles(async (ids) => {
        calls.certificateReads.push(ids);
        return new Map(Object.entries(fakes.certificates ?? {}).filter(([id]) => ids.includes(id)));
      }, sealer),
      hold: async ({ deliveryId }) => {
        if (fakes.isLocked) return 'locked';
        if (holds.shift() === false) return 'changed';
        calls.held.push(deliveryId);
        return 'held';
      },
      record: async (request) => {
        calls.recorded.push(request);
        const { status, retryDelayMs, parked } = toAttemptRecord(request);
        return nextStep(request, fakes.recorded ?? { status, dueInMs: parked ? null : retryDelayMs });
      },
      settle: async (settlement) => {
        calls.settled.push(settlement);
        return !fakes.isLocked;
      },
      advance: async (chain) => {
        calls.advanced.push({ chain, suspensions: calls.suspended.length });
      },
      suspendGone: async ({ id }) => {
        calls.suspended.push(id);
      },
      restore: async (fence) => {
        calls.restored.push(fence);
      },
    },
    limiter: {
      async acquire(_webhook, { released }) {
        calls.limiter.push(released ? 'acquire, released' : 'acquire');
        calls.clockMs += fakes.waitMs ?? 0;
        return decisions.shift() ?? 'admitted';
      },
      async confirm() {
        calls.limiter.push('confirm');
        return confirmations.shift() ?? 'admitted';
      },
      release: (_webhook, signal) => calls.limiter.push(signal),
      reportOverdue: () => calls.limiter.push('overdue'),
      reportHeld: () => calls.limiter.push('held'),
      reportUnsent: () => calls.limiter.push('unsent'),
      isResponsive: () => fakes.isResponsive ?? true,
    },
    quarantine: {
      get isHeld() {
        return quarantine.waits > 0;
      },
      async wait() {
        quarantine.waits -= 1;
        return quarantine.waits === 0;
      },
    },
    retryPriority: () => fakes.retryPriority ?? 0,
    tokens: {
      take: async () => tokens.shift() ?? { kind: 'wait' },
      reject: async (_webhookId, { id }) => {
        calls.rejected.push(id);
        return fakes.isReplaced ?? true;
      },
    },
    inFlight: { track: (_request, outcome) => outcome },
    send: async (request) => {
      calls.sent.push(request);
      return outcomes.shift() as Outcome;
    },
    reports: {
      attempt: ({ outcome }) => void calls.attempts.push(outcome),
      emitted: () => {},
      internalError: ({ error }) => void calls.errors.push(error),
      trace: () => null,
    },
    composer: new RequestComposer(sealer, DEFAULT_SWITCHES),
    clock: { now: () => NOW, moment, random: () => 0.5 },
  };
  const permit = {
    begin: () => fakes.isRunning !== true,
    claim: () => !fakes.isSaturated,
    detach: () => {
      calls.detached += 1;
      return true;
    },
  };
  const deliver = createDeliver(deps);
  const storedRead = (): DeliveryRead | undefined => {
    if (!fakes.stored) return undefined;
    const { read, ageMs = 0 } = fakes.stored;
    const { monotonicMs, wallMs } = moment();
    const readAt = { monotonicMs: monotonicMs - ageMs, wallMs: wallMs - ageMs };
    return { loaded: read, readAt, dueAtMs: readAt.monotonicMs };
  };
  return {
    calls,
    deps,
    run: (task: Partial<DeliveryTask> = {}) =>
      deliver(deliveryTask({ deliveryId: DELIVERY_ID, ...task }), permit, storedRead()),
  };
}

function response(status: number, retryAfter: string | null = null): Outcome {
  return { kind: 'response', status, body: 'ok', headers: null, retryAfter, durationMs: 12 };
}

describe('a due delivery', () => {
  it.each([true, false])(
    'leaves a full lane at its start unless its receiver is responsive: %p',
    async (isResponsive) => {
      const { calls, run } = pipeline({ isResponsive });
      await run();
      expect(calls.sent).toHaveLength(1);
      expect(calls.detached).toBe(isResponsive ? 0 : 1);
    },
  );

  it('is signed, sent with custom headers, and recorded as succeeded', async () => {
    const { calls, run } = pipeline({});
    expect(await run()).toEqual({ reschedule: null });
    const [request] = calls.sent;
    expect(request?.headers).toMatchObject({ 'x-team': 'billing', 'content-type': 'application/json' });
    expect(request?.headers['webhook-id']).toMatch(/^evt_/);
    // The library checks timestamps against the real clock, so only the signature is compared.
    const signed = new Webhook(secret).sign(request?.headers['webhook-id'] ?? '', NOW, request?.body ?? '');
    expect(request?.headers['webhook-signature']).toBe(signed);
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      deliveryId: DELIVERY_ID,
      epoch: 0,
      dueAt: NOW,
      status: 'succeeded',
      responseStatus: 200,
      retryDelayMs: null,
    });
  });

  it('is retried with its priority among the retries of all tenants', async () => {
    const { run } = pipeline({ outcomes: [response(500)], retryPriority: 2 });
    expect(await run()).toMatchObject({ reschedule: { lane: 'retry', priority: 2 } });
  });

  it('is retried after 5 s', async () => {
    const { run } = pipeline({ outcomes: [response(500)] });
    expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'retry' } });
  });

  it('is retried after the time of Retry-After', async () => {
    const { run } = pipeline({ outcomes: [response(429, '60')] });
    expect(await run()).toEqual({ reschedule: { delayMs: 60_000, lane: 'retry' } });
  });

  it('leaves its job to a run that made it pending again', async () => {
    const { run } = pipeline({ outcomes: [response(500)], recorded: { status: 'pending', dueInMs: 0 } });
    expect(await run()).toEqual({ reschedule: { delayMs: 0, lane: 'retry' } });
  });

  it('has no further job if another run has settled it', async () => {
    const recorded = { status: 'succeeded', dueInMs: null } as const;
    const { run } = pipeline({ outcomes: [response(500)], recorded });
    expect(await run()).toEqual({ reschedule: null });
  });

  it('is parked if the retry is more than 10 minutes away', async () => {
    const { calls, run } = pipeline({
      reads: [loaded({ delivery: { attemptCount: 2 } })],
      outcomes: [response(500)],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      status: 'pending',
      parked: true,
    });
  });

  it('fails when the retry schedule is exhausted', async () => {
    const { calls, run } = pipeline({
      reads: [loaded({ webhook: { retrySchedule: [] } })],
      outcomes: [response(500)],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
    });
  });

  it('suspends the webhook on 410 Gone', async () => {
    const { calls, run } = pipeline({ outcomes: [response(410)] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.suspended).toEqual([WEBHOOK_ID]);
  });
});

describe('suspend barrier', () => {
  it('lets a request start only while the read is fresh', async () => {
    const { calls, run } = pipeline({});
    await run();
    const isFresh = calls.sent[0]?.isFresh;
    calls.clockMs = MAX_READ_AGE_MS - 1;
    expect(isFresh?.()).toBe(true);
    calls.clockMs = MAX_READ_AGE_MS;
    expect(isFresh?.()).toBe(false);
  });

  it.each([
    ['is unchanged', loaded(), true],
    ['has been suspended', loaded({ webhook: { status: 'suspended', epoch: 1 } }), false],
    ['belongs to a recovery that was cancelled', loaded({ delivery: { isCancelled: true } }), false],
    ['is not due any more', loaded({ delivery: { dueInMs: 60_000 } }), false],
    ['was dropped and replayed', loaded({ delivery: { epoch: 2 }, webhook: { epoch: 2 } }), false],
    ['has another URL', loaded({ webhook: { url: 'https://other.example' } }), false],
    ['has a secret less', loaded({ webhook: { secrets: [] } }), false],
    ['has another authentication', loaded({ webhook: { authSealed: 'another' } }), false],
    ['has other headers', loaded({ webhook: { headersSealed: 'another' } }), false],
    ['has another proxy', loaded({ webhook: { proxySealed: 'another' } }), false],
    ['has another proxy of its tenant', loaded({ webhook: { tenantProxySealed: 'another' } }), false],
    ['has other private networks', loaded({ webhook: { privateNetworks: ['10.1.0.0/16'] } }), false],
    ['no longer exists', undefined, false],
  ])('refreshes the read on a slow connection only if the delivery %s', async (_case, current, isFresh) => {
    const { calls, run } = pipeline({ reads: [loaded(), current] });
    await run();
    calls.clockMs = 2500;
    expect(calls.sent[0]?.isFresh()).toBe(false);
    await calls.sent[0]?.refresh();
    expect(calls.sent[0]?.isFresh()).toBe(isFresh);
  });

  it('reads again after a stale read and drops a delivery that was suspended in the meantime', async () => {
    const { calls, run } = pipeline({
      reads: [loaded(), loaded({ webhook: { status: 'suspended', epoch: 1 } })],
      outcomes: [{ kind: 'not_started' }],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.recorded).toEqual([]);
    expect(calls.settled).toEqual([
      { deliveryId: DELIVERY_ID, epoch: 0, status: 'dropped', reason: 'suspended' },
    ]);
  });

  it('reschedules the delivery when every read goes stale', async () => {
    const { calls, run } = pipeline({
      reads: [loaded(), loaded(), loaded(), loaded()],
      outcomes: Array.from({ length: 4 }, () => ({ kind: 'not_started' as const })),
    });
    expect(await run()).toEqual({ reschedule: { delayMs: 1000, lane: 'fast' } });
    expect(calls.sent).toHaveLength(3);
    expect(calls.recorded).toEqual([]);
  });

  it.each([
    ['suspended', { status: 'suspended', epoch: 1 }, 'suspended'],
    ['reactivated with another epoch', { status: 'active', epoch: 2 }, 'suspended'],
    ['deleted', { status: 'deleted', epoch: 1 }, 'deleted'],
  ])('sends nothing to a webhook that is %s', async (_name, webhook, reason) => {
    const { calls, run } = pipeline({ reads: [loaded({ webhook })] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.sent).toEqual([]);
    expect(calls.settled).toEqual([{ deliveryId: DELIVERY_ID, epoch: 0, status: 'dropped', reason }]);
  });
});

describe('the fence', () => {
  const fence = { id: WEBHOOK_ID, epoch: 1, isDeleted: false };
  const suspendedAgain = loaded({ webhook: { status: 'suspended', epoch: 2 } });
  const dropped = [{ deliveryId: DELIVERY_ID, status: 'dropped', reason: 'suspended' }];

  it('refuses a webhook that went back in time: it is restored, and its delivery dropped', async () => {
    const { calls, run } = pipeline({ reads: [loaded(), suspendedAgain], decisions: [{ fence }] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls).toMatchObject({
      sent: [],
      settled: dropped,
      restored: [fence],
    });
  });

  it('refuses a tenant that went back in time: it is restored, and the delivery dropped', async () => {
    const ofTenant = { id: TENANT_ID, epoch: 1, isDeleted: false };
    const again = loaded({ webhook: { tenantStatus: 'suspended', tenantEpoch: 2 } });
    const { calls, run } = pipeline({ reads: [loaded(), again], decisions: [{ fence: ofTenant }] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls).toMatchObject({
      sent: [],
      settled: [{ status: 'dropped', reason: 'tenant_suspended' }],
      restored: [ofTenant],
    });
  });

  it('refuses a webhook that went back in time while the delivery waited with its slot', async () => {
    const { calls, run } = pipeline({
      reads: [loaded(), loaded(), suspendedAgain],
      waitMs: 1500,
      confirmations: [{ fence }],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.limiter).toEqual(['acquire', 'confirm', null]);
    expect(calls).toMatchObject({ sent: [], settled: dropped, restored: [fence] });
  });

  it.each<SlotDecision>([{ fence }, 'deferred'])(
    'keeps a request from starting on a read that was repeated: %j',
    async (decision) => {
      const { calls, deps, run } = pipeline({ reads: [loaded(), loaded()], confirmations: [decision] });
      let isFresh: boolean | undefined;
      deps.send = async (request) => {
        calls.clockMs += MAX_READ_AGE_MS;
        await request.refresh?.();
        isFresh = request.isFresh?.();
        return response(200);
      };
      await run();
      expect(isFresh).toBe(false);
    },
  );

  it('is unknown while Redis is unavailable: a delivery that was read again is held', async () => {
    const { calls, run } = pipeline({
      reads: [loaded(), loaded()],
      waitMs: 1500,
      confirmations: ['deferred'],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls).toMatchObject({ sent: [], held: [DELIVERY_ID] });
  });
});

describe('a quarantined database', () => {
  it('has nothing sent: the delivery waits, and is read again when the database is released', async () => {
    const { run, calls } = pipeline({ reads: [loaded(), loaded()], quarantinedFor: 1 });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.loads).toBe(2);
    expect(calls.sent).toHaveLength(1);
  });

  it('has its deliveries run again later, also those that this process has just stored', async () => {
    for (const stored of [{}, { stored: { read: loaded() } }]) {
      const { run, calls } = pipeline({ reads: [loaded()], ...stored, quarantinedFor: 2 });
      expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'fast' } });
      expect(calls.sent).toEqual([]);
      expect(calls.recorded).toEqual([]);
      expect(calls.settled).toEqual([]);
    }
  });
});

describe('a job with nothing to send', () => {
  it('ends when its delivery is settled or does not exist', async () => {
    const { calls, run } = pipeline({ reads: [undefined] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.sent).toEqual([]);
  });

  it('is rescheduled to when its delivery is due', async () => {
    const { calls, run } = pipeline({ reads: [loaded({ delivery: { dueInMs: 3000 } })] });
    expect(await run()).toEqual({ reschedule: { delayMs: 3000, lane: 'fast' } });
    expect(calls.sent).toEqual([]);
  });

  it('ends when its delivery is parked', async () => {
    const { run } = pipeline({ reads: [loaded({ delivery: { dueInMs: PARK_AFTER_MS + 1 } })] });
    expect(await run()).toEqual({ reschedule: null });
  });

  it('fails a delivery whose payload has expired', async () => {
    const { calls, run } = pipeline({ reads: [{ ...loaded(), body: null }] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.settled).toEqual([
      { deliveryId: DELIVERY_ID, epoch: 0, status: 'failed', reason: 'payload_expired' },
    ]);
  });

  it('fails a delivery after too many crashes', async () => {
    const { calls, run } = pipeline({});
    expect(await run({ crashes: 21 })).toEqual({ reschedule: null });
    expect(calls.settled).toEqual([
      { deliveryId: DELIVERY_ID, epoch: 0, status: 'failed', reason: 'crashed' },
    ]);
  });
});

describe('the slot of a delivery', () => {
  it('is released with a signal before the attempt is recorded', async () => {
    const { calls, deps, run } = pipeline({ outcomes: [response(503, '30')] });
    const { record } = deps.store;
    deps.store.record = async (request, onDelay) => {
      calls.limiter.push('record');
      return record(request, onDelay);
    };
    await run();
    expect(calls.limiter).toEqual([
      'acquire',
      { kind: 'congestion', startedAtMs: 0, retryAfterMs: 30_000 },
      'record',
    ]);
  });

  it('holds a delivery that is deferred', async () => {
    const { calls, run } = pipeline({ decisions: ['deferred'] });
    expect(await run({ released: true })).toEqual({ reschedule: null });
    expect(calls.held).toEqual([DELIVERY_ID]);
    // Reported after it was written, so the releaser finds it.
    expect(calls.limiter).toEqual(['acquire, released', 'held']);
    expect(calls.sent).toEqual([]);
  });

  it('reads a delivery again that changed before it was held', async () => {
    const changed = loaded({ delivery: { dueInMs: 3000 } });
    const { calls, run } = pipeline({
      reads: [loaded(), changed],
      decisions: ['deferred'],
      holds: [false],
    });
    expect(await run()).toEqual({ reschedule: { delayMs: 3000, lane: 'fast' } });
    expect(calls).toMatchObject({ held: [], sent: [], limiter: ['acquire'] });
  });

  it('is not acquired when the tenant uses its share of the lane: the delivery is held', async () => {
    const { calls, run } = pipeline({ isSaturated: true });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.held).toEqual([DELIVERY_ID]);
    expect(calls.limiter).toEqual(['held']);
    expect(calls.sent).toEqual([]);
  });

  it('is kept when the read goes stale while waiting for it', async () => {
    const { calls, run } = pipeline({ reads: [loaded(), loaded()], waitMs: 1500 });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.limiter).toEqual(['acquire', 'confirm', { kind: 'response', latencyMs: 12 }]);
    expect(calls.sent).toHaveLength(1);
  });

  it('is released if the delivery was dropped and replayed during the run', async () => {
    const replayed = loaded({ delivery: { epoch: 2 }, webhook: { epoch: 2 } });
    const { calls, run } = pipeline({ reads: [loaded(), replayed], waitMs: 1500 });
    expect(await run()).toEqual({ reschedule: null, hasOtherJob: true });
    expect(calls.limiter).toEqual(['acquire', null]);
    expect(calls.sent).toEqual([]);
  });

  it('is not acquired for a delivery that this process already runs: its other job is kept', async () => {
    const { calls, run } = pipeline({ isRunning: true });
    expect(await run()).toEqual({ reschedule: null, hasOtherJob: true });
    expect(calls.limiter).toEqual([]);
    expect(calls.sent).toEqual([]);
  });

  it('is released if nothing is sent', async () => {
    const suspended = loaded({ webhook: { status: 'suspended', epoch: 1 } });
    const { calls, run } = pipeline({ reads: [loaded(), suspended], waitMs: 1500 });
    await run();
    expect(calls.limiter).toEqual(['acquire', null]);
    expect(calls.sent).toEqual([]);
  });

  it('is released if a step throws', async () => {
    const { calls, deps, run } = pipeline({});
    deps.send = () => Promise.reject(new Error('a bug'));
    await expect(run()).rejects.toThrow('a bug');
    expect(calls.limiter).toEqual(['acquire', null]);
  });
});

describe('the lane of a job', () => {
  it.each(['fast', 'retry'] as const)(
    'changes from %s to slow for a webhook that became slow',
    async (lane) => {
      const { calls, run } = pipeline({ reads: [loaded({ webhook: { isSlow: true } })] });
      expect(await run({ lane })).toEqual({ reschedule: { delayMs: 0, lane: 'slow' } });
      expect(calls.limiter).toEqual([]);
    },
  );

  it('changes to replay for a delivery that was replayed', async () => {
    const { calls, run } = pipeline({ reads: [loaded({ delivery: { replayed: true } })] });
    expect(await run({ lane: 'slow' })).toEqual({ reschedule: { delayMs: 0, lane: 'replay' } });
    expect(calls.sent).toEqual([]);
  });

  it('stays slow for a webhook that has recovered', async () => {
    const { calls, run } = pipeline({});
    await run({ lane: 'slow' });
    expect(calls.sent).toHaveLength(1);
  });

  it.each([
    ['slow', { webhook: { isSlow: true } }],
    ['replay', { delivery: { replayed: true } }],
    ['retry', {}],
  ] as const)('of a retry is %s', async (lane, changes) => {
    const { run } = pipeline({ reads: [loaded(changes)], outcomes: [response(500)] });
    expect(await run({ lane })).toMatchObject({ reschedule: { lane } });
  });
});

describe('a delivery that this process has just stored', () => {
  it('is sent without loading it', async () => {
    const { calls, run } = pipeline({ stored: { read: loaded() }, reads: [] });
    expect(await run()).toEqual({ reschedule: null });
    expect([calls.sent.length, calls.loads]).toEqual([1, 0]);
  });

  it.each([
    ['its webhook is suspended', { webhook: { epoch: 1 } }],
    ['its webhook is deleted', { webhook: { status: 'deleted' } }],
    ['its webhook became slow', { webhook: { isSlow: true } }],
  ])('is loaded before it is not sent, because %s', async (_case, changes) => {
    const { calls, run } = pipeline({ stored: { read: loaded(changes) }, reads: [undefined] });
    expect(await run()).toEqual({ reschedule: null });
    expect([calls.sent, calls.settled, calls.loads]).toEqual([[], [], 1]);
  });

  it('is loaded if it went stale while it waited for its slot, and is used once', async () => {
    const stored = { read: loaded(), ageMs: MAX_READ_AGE_MS - 10 };
    const { calls, run } = pipeline({ stored, reads: [undefined], waitMs: 10 });
    expect(await run()).toEqual({ reschedule: null });
    expect([calls.sent, calls.loads]).toEqual([[], 1]);
  });

  it('is loaded if its request could not start while it was fresh', async () => {
    const outcomes: Outcome[] = [{ kind: 'not_started' }];
    const { calls, run } = pipeline({ stored: { read: loaded() }, outcomes, reads: [undefined] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.loads).toBe(1);
  });
});

describe('the format of a delivery', () => {
  const DATA_ID = newId();
  const OTHER_ID = newId();
  const LONG_ID = newId();
  const formats: Record<string, DeliveryFormat> = {
    [DATA_ID]: { body: 'data', signatures: ['github'] },
    [OTHER_ID]: { body: { template: '[{id}]' } },
    [LONG_ID]: { body: { template: '[{data},{data}]' } },
  };
  const BODY = '{"id":"evt_1","type":"a","timestamp":"","data":{"a": 1.0}}';
  const formatted = (delivery: object, webhook: object, body = BODY): LoadedDelivery => ({
    ...loaded({ delivery, webhook }),
    body,
  });

  it('is that of the webhook at the first attempt, and its id is recorded', async () => {
    const { calls, run } = pipeline({ formats, reads: [formatted({}, { formatId: DATA_ID })] });
    await run();
    const [request] = calls.sent;
    expect(request?.body).toBe('{"a": 1.0}');
    const hmac = createHmac('sha256', secret).update('{"a": 1.0}').digest('hex');
    expect(request?.headers).toEqual({
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${hmac}`,
      'x-team': 'billing',
    });
    expect(calls.recorded[0]?.formatId).toBe(DATA_ID);
  });

  it('is the standard format, which is not read, without one', async () => {
    const { calls, run } = pipeline({ reads: [formatted({}, {})] });
    await run();
    expect(calls.sent[0]?.body).toBe(BODY);
    expect(calls.recorded[0]?.formatId).toBe(STANDARD_FORMAT_ID);
    expect(calls.formatReads).toEqual([]);
  });

  it.each([
    ['a stored format', DATA_ID, '{"a": 1.0}'],
    ['the standard format', STANDARD_FORMAT_ID, BODY],
  ])('is that of the failed attempts at a retry: %s', async (_case, formatId, body) => {
    const { calls, run } = pipeline({ formats, reads: [formatted({ formatId }, { formatId: OTHER_ID })] });
    await run();
    expect(calls.sent[0]?.body).toBe(body);
    expect(calls.recorded[0]?.formatId).toBe(formatId);
  });

  it('is the current one if that of the failed attempts was deleted', async () => {
    const { calls, run } = pipeline({
      formats,
      reads: [formatted({ formatId: newId() }, { formatId: OTHER_ID })],
    });
    await run();
    expect(calls.sent[0]?.body).toBe('["evt_1"]');
  });

  it('is read once', async () => {
    const read = formatted({}, { formatId: DATA_ID });
    const { calls, run } = pipeline({
      formats,
      reads: [read, read, read],
      outcomes: [response(200), response(200), response(200)],
    });
    await Promise.all([run(), run()]);
    await run();
    expect(calls.sent).toHaveLength(3);
    expect(calls.formatReads.flat()).toEqual([DATA_ID]);
  });

  it('fails the delivery if the body is too long', async () => {
    const body = BODY.replace('1.0', JSON.stringify('x'.repeat(MAX_FORMATTED_BODY_LENGTH / 2)));
    const { calls, run } = pipeline({ formats, reads: [formatted({}, { formatId: LONG_ID }, body)] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.sent).toEqual([]);
    expect(calls.settled).toEqual([
      { deliveryId: DELIVERY_ID, epoch: 0, status: 'failed', reason: 'body_too_large' },
    ]);
    expect(calls.limiter).toEqual(['acquire', null]);
  });
});

describe('the certificates of a delivery', () => {
  const CLIENT_ID = newId();
  const CA_ID = newId();
  const keySealed = sealer.seal('the key', certificateSealingContext(CLIENT_ID));
  const certificates: Record<string, StoredCertificates> = {
    [CLIENT_ID]: { id: CLIENT_ID, pem: 'the certificate', keySealed },
    [CA_ID]: { id: CA_ID, pem: 'the authority', keySealed: null },
  };
  const certified = (webhook: object = { clientCertificateId: CLIENT_ID, caCertificatesId: CA_ID }) =>
    loaded({ webhook });

  it('are the profile of its connection, and are read once', async () => {
    const { calls, run } = pipeline({
      certificates,
      reads: [certified(), certified(), certified()],
      outcomes: [response(200), response(200), response(200)],
    });
    await Promise.all([run(), run()]);
    await run();
    const tls = { ca: 'the authority', cert: 'the certificate', key: 'the key' };
    expect(calls.sent.map(({ profile }) => profile)).toEqual(
      [1, 2, 3].map(() => ({ key: `${CLIENT_ID}/${CA_ID}`, tls })),
    );
    expect(calls.certificateReads.flat().toSorted()).toEqual([CLIENT_ID, CA_ID].toSorted());
  });

  it('are not read without any: the connection has no profile', async () => {
    const { calls, run } = pipeline({ certificates });
    await run();
    expect(calls.sent[0]?.profile).toBeUndefined();
    expect(calls.certificateReads).toEqual([]);
  });

  it('are presented through a proxy, over connections that no other certificates share', async () => {
    const proxied = { proxySealed: sealProxy('direct', webhookSealingContext(WEBHOOK_ID), sealer) };
    const changes = [proxied, { ...proxied, caCertificatesId: CA_ID }];
    const { calls, run } = pipeline({
      certificates,
      reads: changes.map((webhook) => loaded({ webhook })),
      outcomes: [response(200), response(200)],
    });
    await run();
    await run();
    const [without, both] = calls.sent;
    expect(both?.profile).toMatchObject({ tls: { ca: 'the authority' }, proxy: 'direct', networks: [] });
    expect(both?.profile?.key).not.toBe(without?.profile?.key);
  });

  it('are the certificates of the delivery as it is read again, if they were replaced meanwhile', async () => {
    const { calls, run } = pipeline({
      certificates,
      reads: [certified({ clientCertificateId: newId() }), certified({ caCertificatesId: CA_ID })],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.sent.map(({ profile }) => profile)).toEqual([
      { key: `/${CA_ID}`, tls: { ca: 'the authority' } },
    ]);
    expect([calls.loads, calls.recorded.length]).toEqual([2, 1]);
  });

  it.each<[changes: object, isFresh: boolean]>([
    [{}, true],
    [{ clientCertificateId: newId() }, false],
    [{ caCertificatesId: newId() }, false],
    [{ caCertificatesId: null }, false],
  ])('are not used if the read went stale and others were set: %p', async (changes, isFresh) => {
    const first = { clientCertificateId: CLIENT_ID, caCertificatesId: CA_ID };
    const { calls, run } = pipeline({
      certificates,
      reads: [certified(), certified({ ...first, ...changes })],
    });
    await run();
    const [request] = calls.sent;
    calls.clockMs += 60_000;
    await request?.refresh();
    expect(request?.isFresh()).toBe(isFresh);
  });

  it('fail the attempt if the private key does not open', async () => {
    const broken = {
      ...certificates,
      [CLIENT_ID]: { id: CLIENT_ID, pem: 'the certificate', keySealed: 'AAAA' },
    };
    const { calls, run } = pipeline({ certificates: broken, reads: [certified()] });
    expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'retry' } });
    expect(calls.sent).toEqual([]);
    expect(calls.errors).toHaveLength(1);
  });
});

describe('a delivery whose row is locked', () => {
  it('runs again soon if it could not be held, and is not reported as held', async () => {
    const { calls, run } = pipeline({ decisions: ['deferred'], isLocked: true });
    expect(await run({ lane: 'retry' })).toEqual({ reschedule: { delayMs: 1000, lane: 'retry' } });
    expect(calls.limiter).toEqual(['acquire']);
  });

  it('runs again soon if it could not be dropped', async () => {
    const { run } = pipeline({ reads: [loaded({ webhook: { status: 'deleted' } })], isLocked: true });
    expect(await run()).toEqual({ reschedule: { delayMs: 1000, lane: 'fast' } });
  });

  it('leaves its lane while its attempt cannot be recorded', async () => {
    const { calls, deps, run } = pipeline({});
    const { record } = deps.store;
    deps.store.record = async (request, onDelay) => {
      onDelay();
      return record(request, onDelay);
    };
    expect(await run()).toEqual({ reschedule: null });
    expect([calls.detached, calls.sent.length]).toEqual([1, 1]);
  });
});

describe('the route of a request', () => {
  const DIRECT = sealProxy('direct', webhookSealingContext(WEBHOOK_ID), sealer);
  const PROXY = parseProxyUrl('http://proxy.example:3128', false);
  const ofTenant = sealProxy(PROXY, tenantSealingContext(TENANT_ID), sealer);

  it.each([
    ['without settings, that of all', {}, undefined],
    ['the proxy of the tenant', { tenantProxySealed: ofTenant }, { proxy: PROXY, networks: [] }],
    ['its own', { proxySealed: DIRECT, tenantProxySealed: ofTenant }, { proxy: 'direct', networks: [] }],
    ['with networks of the tenant', { privateNetworks: ['10.1.0.0/16'] }, { networks: ['10.1.0.0/16'] }],
  ])('is %s', async (_name, webhook, profile) => {
    const { calls, run } = pipeline({ reads: [loaded({ webhook })] });
    await run();
    expect(calls.sent[0]?.profile).toEqual(profile && { key: expect.any(String), ...profile });
  });
});

describe('a request that cannot be built', () => {
  const BROKEN_ID = newId();
  const otherSealer = createSealer(Buffer.alloc(32, 8));
  const formats = { [BROKEN_ID]: { body: { template: '{' } } as DeliveryFormat };
  const causes: [string, LoadedDelivery][] = [
    [
      'a secret that does not open',
      loaded({ webhook: { secrets: sealFirstSecret(WEBHOOK_ID, base64Secret(secret), otherSealer) } }),
    ],
    ['headers that do not open', loaded({ webhook: { headersSealed: 'AAAA' } })],
    ['a proxy that does not open', loaded({ webhook: { proxySealed: 'AAAA' } })],
    ['a format that does not compile', loaded({ webhook: { formatId: BROKEN_ID } })],
    ['a format that does not exist', loaded({ webhook: { formatId: newId() } })],
    ['an envelope that is not JSON', { ...loaded({ webhook: { formatId: 'data' } }), body: '{' }],
  ];

  it.each(causes)('is a failed attempt that is retried by the schedule: %s', async (_cause, read) => {
    const { calls, run } = pipeline({ reads: [read], formats: { ...formats, data: { body: 'data' } } });
    expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'retry' } });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      responseStatus: null,
      errorCode: 'internal_error',
      errorMessage: 'This request could not be built; the operator has been alerted',
      status: 'pending',
      // No request had this format, so a retry uses that of the webhook.
      formatId: null,
    });
    expect(calls.sent).toEqual([]);
    expect(calls.errors).toHaveLength(1);
    // The receiver is not involved: its window does not change.
    expect(calls.limiter.filter((call) => call !== null && typeof call === 'object')).toEqual([]);
  });

  it.each(causes)('fails the delivery when the schedule is exhausted: %s', async (_cause, read) => {
    const { calls, run } = pipeline({
      reads: [{ ...read, webhook: { ...read.webhook, retrySchedule: [] } }],
      formats: { ...formats, data: { body: 'data' } },
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.recorded[0]?.decision).toEqual({ kind: 'failed', reason: 'internal_error' });
  });

  it('keeps the format of the attempts that were sent', async () => {
    const secrets = sealFirstSecret(WEBHOOK_ID, base64Secret(secret), otherSealer);
    const { calls, run } = pipeline({
      reads: [loaded({ delivery: { formatId: STANDARD_FORMAT_ID, attemptCount: 1 }, webhook: { secrets } })],
    });
    await run();
    expect(calls.recorded[0]?.formatId).toBe(STANDARD_FORMAT_ID);
  });
});

describe('a delivery in order', () => {
  const CHAIN = { webhookId: WEBHOOK_ID, chain: LIVE_CHAIN, orderingKey: 'a' };
  const inChain = { chain: LIVE_CHAIN, orderingKey: 'a', sequence: 42 };
  const chained = (delivery: object = {}, webhook: object = {}) =>
    loaded({ delivery: { ...inChain, ...delivery }, webhook });

  it('is sent with its number', async () => {
    const { calls, run } = pipeline({ reads: [chained()] });
    await run();
    expect(calls.sent[0]?.headers['webhook-sequence']).toBe('42');
  });

  it('ends its job without an effect while it waits for another one', async () => {
    const { calls, run } = pipeline({ reads: [chained({ isHead: false })] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls).toMatchObject({ sent: [], recorded: [], settled: [], held: [], limiter: [], advanced: [] });
  });

  it.each([
    ['has succeeded', { outcomes: [response(200)], reads: [chained()] }],
    ['has failed', { outcomes: [response(500)], reads: [chained({}, { retrySchedule: [] })] }],
    ['is dropped', { reads: [chained({}, { status: 'suspended' })] }],
    ['cannot be built', { reads: [chained({ formatId: null }, { secrets: [], retrySchedule: [] })] }],
  ])('starts the next one when it %s', async (_name, fakes) => {
    const { calls, run } = pipeline(fakes);
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.advanced).toEqual([{ chain: CHAIN, suspensions: 0 }]);
  });

  it('starts the next one only when its webhook is suspended on 410 Gone', async () => {
    const { calls, run } = pipeline({ outcomes: [response(410)], reads: [chained()] });
    await run();
    expect(calls.advanced).toEqual([{ chain: CHAIN, suspensions: 1 }]);
  });

  it('starts none while it is retried or its row is locked, nor outside of a chain', async () => {
    const runs = [
      { outcomes: [response(500)], reads: [chained()] },
      { isLocked: true, reads: [chained({}, { status: 'suspended' })] },
      { reads: [chained({ chain: null })] },
      { reads: [chained({ chain: null, orderingKey: null }, { status: 'suspended' })] },
    ];
    for (const fakes of runs) {
      const { calls, run } = pipeline(fakes);
      await run();
      expect(calls.advanced).toEqual([]);
    }
  });

  it('is skipped when it has blocked others for too long since its first attempt', async () => {
    const firstAttemptAt = new Date(NOW.getTime() - 60_000);
    const late = chained({ firstAttemptAt, attemptCount: 1 }, { maxBlockedMinutes: 1 });
    const { calls, run } = pipeline({ outcomes: [response(500)], reads: [late] });
    expect(await run()).toEqual({ reschedule: null });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      status: 'dropped',
      reason: 'skipped',
      retryDelayMs: null,
    });
    expect(calls.advanced).toHaveLength(1);
  });

  it('blocks others beyond its schedule, if its webhook says so', async () => {
    const webhook = { retrySchedule: [], onExhausted: 'block' };
    const { calls, run } = pipeline({ outcomes: [response(500)], reads: [chained({}, webhook)] });
    expect(await run()).toEqual({ reschedule: { delayMs: 60_000, lane: 'retry' } });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({ isExhausted: true });
  });

  it('of a replay fails as any other', async () => {
    const replayed = chained(
      { chain: newId(), replayed: true },
      { retrySchedule: [], onExhausted: 'block', maxBlockedMinutes: 0 },
    );
    const { calls, run } = pipeline({ outcomes: [response(500)], reads: [replayed] });
    await run({ lane: 'replay' });
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({ reason: 'exhausted' });
  });
});

const authenticated = (auth: ReceiverAuth, delivery = {}) =>
  loaded({ webhook: { authSealed: sealAuth(WEBHOOK_ID, auth, sealer) }, delivery });
const token = (id: string): TokenResult => ({ kind: 'token', token: { id, value: `${id}-value` } });

describe('a delivery with authentication', () => {
  const OAUTH: ReceiverAuth = {
    type: 'oauth2',
    tokenUrl: 'https://login.example/token',
    clientId: 'posthorn',
    clientSecret: 'client-secret',
    scopes: [],
    audience: null,
    clientAuthentication: 'client_secret_basic',
  };
  it.each<[ReceiverAuth, string, string]>([
    [
      { type: 'basic', username: 'posthorn', password: 'pass:word' },
      'authorization',
      'Basic cG9zdGhvcm46cGFzczp3b3Jk',
    ],
    [{ type: 'apiKey', header: 'X-Api-Key', value: 'key' }, 'x-api-key', 'key'],
    [OAUTH, 'authorization', 'Bearer first-value'],
  ])('is sent with it: %j', async (auth, name, value) => {
    const { calls, run } = pipeline({ reads: [authenticated(auth)], tokens: [token('first')] });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls.sent[0]?.headers).toMatchObject({ [name]: value, 'x-team': 'billing' });
  });

  it('is held while its token is fetched, without a slot or an attempt', async () => {
    const { calls, run } = pipeline({
      reads: [authenticated(OAUTH)],
      tokens: [{ kind: 'wait' }],
    });
    expect(await run()).toEqual({ reschedule: null });
    expect(calls).toMatchObject({ sent: [], recorded: [], held: [DELIVERY_ID], limiter: ['held'] });
  });

  it('is a failed attempt with its cause if there is no token, and is retried by the schedule', async () => {
    const tokens: TokenResult[] = [{ kind: 'failure', code: 'token_endpoint_timeout' }];
    const { calls, run } = pipeline({ reads: [authenticated(OAUTH)], tokens });
    expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'retry' } });
    expect(calls.sent).toEqual([]);
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      errorCode: 'token_endpoint_timeout',
      errorMessage: 'The token endpoint did not respond in time',
      isUnscheduled: false,
    });
  });

  it('is repeated at once after a 401, as an attempt outside the schedule', async () => {
    const { calls, run } = pipeline({
      reads: [authenticated(OAUTH)],
      tokens: [token('first')],
      outcomes: [response(401)],
    });
    expect(await run()).toEqual({ reschedule: { delayMs: 0, lane: 'retry' } });
    expect(calls.rejected).toEqual(['first']);
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({
      responseStatus: 401,
      status: 'pending',
      isUnscheduled: true,
    });
  });

  it.each([
    ['the new token is rejected, too', { attemptCount: 1, unscheduledAttempts: 1 }, true, ['first']],
    ['the last token was rejected a moment ago', {}, false, ['first']],
  ])('is retried by the schedule after a 401 if %s', async (_, delivery, isReplaced, rejected) => {
    const { calls, run } = pipeline({
      reads: [authenticated(OAUTH, delivery)],
      tokens: [token('first')],
      outcomes: [response(401)],
      isReplaced,
    });
    expect(await run()).toEqual({ reschedule: { delayMs: 5000, lane: 'retry' } });
    expect(calls.rejected).toEqual(rejected);
    expect(toAttemptRecord(calls.recorded[0] as AttemptToRecord)).toMatchObject({ isUnscheduled: false });
  });

  it('is a failed attempt if its authentication does not open', async () => {
    const { calls, run } = pipeline({ reads: [loaded({ webhook: { authSealed: 'AAAA' } })] });
    expect(await run()).toMatchObject({ reschedule: { delayMs: 5000 } });
    expect(calls.errors).toHaveLength(1);
  });
});

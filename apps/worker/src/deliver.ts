import {
  decide,
  type Decision,
  DEFAULT_RETRY_SCHEDULE,
  gate,
  type Lane,
  laneOf,
  newId,
  type Outcome,
  passesBarrier,
  readFreshness,
  type ReadFreshness,
  repeatWhileStale,
  type Sealer,
  type SentOutcome,
  signedHeaders,
  type Verdict,
} from '@posthorn/core';
import type { LoadedDelivery, Settlement } from '@posthorn/database';
import { toFlowSignal, type WebhookLimiter } from '@posthorn/flow';
import type { OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import type { RecordRequest } from './attempt-record.js';
import type { Detach } from './detached-deliveries.js';
import type { InFlightRequests } from './in-flight-requests.js';
import { SlotHolder } from './slot-holder.js';
import type { AttemptTrace, TraceAttempt } from './trace-attempts.js';

export interface DeliverDeps {
  /** Reads a delivery with its event and webhook; undefined if it does not exist. */
  load: (deliveryId: string) => Promise<LoadedDelivery | undefined>;
  limiter: Pick<WebhookLimiter, 'acquire' | 'release' | 'reportOverdue' | 'reportHeld'>;
  /** Marks a delivery as held until its webhook has a free slot. */
  hold: (deliveryId: string) => Promise<void>;
  send: (request: OutboundRequest) => Promise<Outcome>;
  inFlight: Pick<InFlightRequests, 'track'>;
  /** Records an attempt and returns what remains to be done for the job. */
  record: (request: RecordRequest) => Promise<TaskResult>;
  settle: (settlement: Settlement) => Promise<void>;
  /** Suspends a webhook that responded with 410 Gone. */
  suspendGone: (webhook: LoadedDelivery['webhook']) => Promise<void>;
  onAttempt: (attempt: AttemptReport) => void;
  traceAttempt: TraceAttempt;
  sealer: Sealer;
  now: () => Date;
  /** A clock that never goes back, in milliseconds. */
  monotonicMs: () => number;
  random: () => number;
}

export interface AttemptReport {
  loaded: LoadedDelivery;
  lane: Lane;
  attempt: number;
  startedAt: Date;
  outcome: SentOutcome;
  decision: Decision;
}

/** What one run of a job carries from one read of its delivery to the next. */
interface RunState {
  deps: DeliverDeps;
  task: DeliveryTask;
  detach: Detach;
  slot: SlotHolder;
  receivedAt: Date;
  /** The epoch of the delivery when this run first read it; null before. */
  epoch: number | null;
}

/** A delivery that has passed the gate and has a slot. */
interface AttemptInput {
  loaded: LoadedDelivery;
  payload: string;
  startedAt: Date;
  freshness: ReadFreshness;
}

const DONE: TaskResult = { reschedule: null };

/** Delay of a delivery when PostgreSQL is too slow for its reads to stay fresh, in milliseconds. */
const SLOW_DATABASE_DELAY_MS = 1000;

/** Returns the function that runs one job: load, gate, acquire, sign, send, decide, record. */
export function createDeliver(
  deps: DeliverDeps,
): (task: DeliveryTask, detach: Detach) => Promise<TaskResult> {
  return async function deliver(task, detach) {
    const slot = new SlotHolder(deps.limiter);
    const run: RunState = { deps, task, detach, slot, receivedAt: deps.now(), epoch: null };
    try {
      const result = await repeatWhileStale(() => attemptDelivery(run));
      if (result !== 'stale') return result;
    } finally {
      slot.release(null);
    }
    return { reschedule: { at: new Date(deps.now().getTime() + SLOW_DATABASE_DELAY_MS), lane: task.lane } };
  };
}

async function attemptDelivery(run: RunState): Promise<TaskResult | 'stale'> {
  const { deps, task, slot } = run;
  const readAtMs = deps.monotonicMs();
  const loaded = await deps.load(task.deliveryId);
  if (!loaded) return DONE;

  const verdict = judge(run, loaded);
  if (verdict.kind !== 'send') return skip(run, verdict);

  if ((await slot.acquire(loaded.webhook, task)) === 'deferred') return hold(run, loaded);

  const startedAt = deps.now();
  const freshness = freshnessOf(deps, loaded, readAtMs);
  // Acquiring the slot can take longer than the read stays fresh.
  if (!freshness.isFresh()) return 'stale';

  const input: AttemptInput = { loaded, payload: verdict.payload, startedAt, freshness };
  const trace = deps.traceAttempt({ loaded, lane: task.lane, receivedAt: run.receivedAt, startedAt });
  const outcome = await send(run, sign(deps, input, trace), loaded.webhook);
  if (outcome.kind === 'not_started') return 'stale';
  trace?.responded(outcome);
  slot.release(toFlowSignal(outcome, { startedAtMs: startedAt.getTime(), now: deps.now() }));

  const request = decideOn(run, input, outcome);
  const result = await deps.record(request);
  trace?.decided(request.decision);
  if (isGone(request.decision)) await deps.suspendGone(loaded.webhook);
  return result;
}

function judge(run: RunState, { delivery, webhook, body }: LoadedDelivery): Verdict {
  const verdict = gate({
    delivery,
    webhook,
    now: run.deps.now(),
    payload: body,
    lane: run.task.lane,
    crashes: run.task.crashes,
    runEpoch: run.epoch,
  });
  run.epoch ??= delivery.epoch;
  return verdict;
}

async function skip(
  { deps, task: { deliveryId } }: RunState,
  verdict: Exclude<Verdict, { kind: 'send' }>,
): Promise<TaskResult> {
  switch (verdict.kind) {
    case 'settled':
      return DONE;
    case 'reschedule':
      return { reschedule: { at: verdict.at, lane: verdict.lane } };
    case 'drop':
      await deps.settle({ deliveryId, status: 'dropped', reason: verdict.reason });
      return DONE;
    case 'fail':
      await deps.settle({ deliveryId, status: 'failed', reason: verdict.reason });
      return DONE;
  }
}

/** Writes first: the releaser looks for held deliveries as soon as one is reported. */
async function hold({ deps }: RunState, { delivery, webhook }: LoadedDelivery): Promise<TaskResult> {
  await deps.hold(delivery.id);
  deps.limiter.reportHeld(webhook);
  return DONE;
}

function freshnessOf(deps: DeliverDeps, loaded: LoadedDelivery, readAtMs: number): ReadFreshness {
  return readFreshness({
    readAtMs,
    monotonicMs: deps.monotonicMs,
    isUnchanged: async () => isSameRequest(loaded, await deps.load(loaded.delivery.id), deps.now()),
  });
}

function isSameRequest(before: LoadedDelivery, current: LoadedDelivery | undefined, now: Date): boolean {
  if (!current || current.webhook.url !== before.webhook.url) return false;
  if (current.delivery.epoch !== before.delivery.epoch) return false;
  return passesBarrier({ delivery: current.delivery, webhook: current.webhook, now });
}

function sign(
  { sealer }: DeliverDeps,
  { loaded: { delivery, webhook }, payload, startedAt, freshness }: AttemptInput,
  trace: AttemptTrace | null,
): OutboundRequest {
  const message = {
    webhook,
    eventId: delivery.eventId,
    body: payload,
    timestamp: startedAt,
    withCustomHeaders: true,
  };
  const headers = signedHeaders(message, sealer);
  if (trace?.traceparent) headers['traceparent'] = trace.traceparent;
  const { isFresh, refresh } = freshness;
  return { url: webhook.url, headers, body: payload, timeoutMs: webhook.timeoutMs, isFresh, refresh };
}

function send(
  { deps, detach }: RunState,
  request: OutboundRequest,
  webhook: LoadedDelivery['webhook'],
): Promise<Outcome> {
  const startedAtMs = deps.monotonicMs();
  const onOverdue = () => deps.limiter.reportOverdue(webhook);
  return deps.inFlight.track({ startedAtMs, onLate: detach, onOverdue }, deps.send(request));
}

/** Decides what follows from the outcome, and reports the attempt. */
function decideOn(
  { deps, task: { lane } }: RunState,
  { loaded, startedAt }: AttemptInput,
  outcome: SentOutcome,
): RecordRequest {
  const { delivery, webhook } = loaded;
  const attempt = delivery.attemptCount + 1;
  const decidedAt = deps.now();
  const decision = decide(outcome, {
    attempt,
    retrySchedule: webhook.retrySchedule ?? DEFAULT_RETRY_SCHEDULE,
    now: decidedAt,
    random: deps.random,
  });
  deps.onAttempt({ loaded, lane, attempt, startedAt, outcome, decision });
  return {
    id: newId(),
    deliveryId: delivery.id,
    number: attempt,
    startedAt,
    outcome,
    decision,
    decidedAt,
    retryLane: laneOf({ webhookIsSlow: webhook.isSlow, attemptCount: attempt, replayed: delivery.replayed }),
  };
}

function isGone(decision: Decision): boolean {
  return decision.kind === 'failed' && decision.reason === 'gone';
}

import {
  decide,
  type Decision,
  DEFAULT_RETRY_SCHEDULE,
  encodeId,
  gate,
  type Lane,
  laneOf,
  openLiveSecrets,
  newId,
  openCustomHeaders,
  type Outcome,
  type Sealer,
  type SentOutcome,
  startPermission,
  webhookHeaders,
} from '@posthorn/core';
import { type LoadedDelivery, type Settlement } from '@posthorn/database';
import { type Admission, type FlowSignal, toFlowSignal, type WebhookLimiter } from '@posthorn/flow';
import type { OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import type { Leave } from './leave-early.js';
import type { RecordRequest } from './record.js';
import type { RequestsUnderWay } from './requests-under-way.js';
import type { AttemptTrace, TraceAttempt } from './trace-attempts.js';

export interface DeliverDeps {
  /** Reads a delivery with its event and webhook; undefined when it is not there. */
  load: (deliveryId: string) => Promise<LoadedDelivery | undefined>;
  pace: Pick<WebhookLimiter, 'take' | 'finished' | 'overdue' | 'held'>;
  /** Puts a delivery aside until its webhook has room. */
  hold: (deliveryId: string) => Promise<void>;
  send: (request: OutboundRequest) => Promise<Outcome>;
  underWay: Pick<RequestsUnderWay, 'during'>;
  /** Answers what is left to do for the job once the attempt is on record. */
  record: (request: RecordRequest) => Promise<TaskResult>;
  settle: (settlement: Settlement) => Promise<void>;
  /** Ends a webhook that answered 410 Gone. */
  suspendGone: (webhook: LoadedDelivery['webhook']) => Promise<void>;
  /** One canonical line for each attempt. */
  onAttempt: (attempt: AttemptReport) => void;
  traceAttempt: TraceAttempt;
  sealer: Sealer;
  now: () => Date;
  /** Milliseconds that never go back. */
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

const DONE: TaskResult = { again: null };

/** Readings of one delivery in a row that may be too old when the request could start. */
const MAX_READS = 3;

/** How long a delivery then waits for PostgreSQL to be quicker, in milliseconds. */
const SLOW_DATABASE_PAUSE_MS = 1000;

/** Workers that may die on a delivery before it is taken for the cause. */
const MAX_CRASHES = 20;

/** The path of one job: load, gate, take a slot, sign, send, decide, record. */
export function createDeliver(deps: DeliverDeps): (task: DeliveryTask, leave: Leave) => Promise<TaskResult> {
  return async function deliver(task, leave) {
    const slot = new Slot(deps.pace);
    const begun: Begun = { at: deps.now(), epoch: null };
    try {
      for (let reads = 0; reads < MAX_READS; reads += 1) {
        const result = await tryOnce({ deps, task, leave, slot, begun });
        if (result !== 'read again') return result;
      }
    } finally {
      slot.giveBack(null);
    }
    return { again: { at: new Date(deps.now().getTime() + SLOW_DATABASE_PAUSE_MS), lane: task.lane } };
  };
}

interface Begun {
  at: Date;
  /** The epoch under which the delivery was first read by this run; null before. */
  epoch: number | null;
}

interface Trial {
  deps: DeliverDeps;
  task: DeliveryTask;
  leave: Leave;
  slot: Slot;
  begun: Begun;
}

async function tryOnce({ deps, task, leave, slot, begun }: Trial): Promise<TaskResult | 'read again'> {
  const { deliveryId } = task;
  const readAtMs = deps.monotonicMs();
  const loaded = await deps.load(deliveryId);
  if (!loaded) return DONE;
  const { delivery, webhook } = loaded;

  const verdict = gate({ delivery, webhook, now: deps.now() });
  const lane = laneOf({ webhookIsSlow: webhook.isSlow, ...delivery });
  switch (verdict.kind) {
    case 'settled':
      return DONE;
    case 'not_due':
      return { again: { at: verdict.dueAt, lane } };
    case 'drop':
      await deps.settle({ deliveryId, status: 'dropped', reason: verdict.reason });
      return DONE;
    case 'send':
      break;
  }
  // It was dropped and made again while this run waited, with a job of its own: that is to be the only one.
  begun.epoch ??= delivery.epoch;
  if (begun.epoch !== delivery.epoch) return { again: { at: deps.now(), lane } };
  const { body } = loaded;
  if (body === null) {
    await deps.settle({ deliveryId, status: 'failed', reason: 'payload_expired' });
    return DONE;
  }
  if (task.crashes > MAX_CRASHES) {
    await deps.settle({ deliveryId, status: 'failed', reason: 'crashed' });
    return DONE;
  }
  // It was replayed, or its webhook has become slow, since the job was made. In any other case it may run where it is.
  if ((lane === 'slow' || lane === 'replay') && task.lane !== lane)
    return { again: { at: deps.now(), lane } };

  if ((await slot.take(webhook, task)) === 'hold') {
    await deps.hold(deliveryId);
    deps.pace.held(webhook);
    return DONE;
  }

  const startedAt = deps.now();
  const permission = startPermission({
    readAtMs,
    monotonicMs: deps.monotonicMs,
    stillWanted: async () => isStillWanted(loaded, await deps.load(deliveryId), deps.now()),
  });
  // The wait for the slot may have outlasted what was read.
  if (!permission.mayStart()) return 'read again';
  const trace = deps.traceAttempt({ loaded, lane: task.lane, takenAt: begun.at, startedAt });
  const headers = signedHeaders(loaded, { body, timestamp: startedAt, sealer: deps.sealer });
  if (trace?.traceparent) headers['traceparent'] = trace.traceparent;
  const { mayStart, renew } = permission;
  const outcome = await deps.underWay.during(
    { startedAtMs: deps.monotonicMs(), onLate: leave, onOverdue: () => deps.pace.overdue(webhook) },
    deps.send({ url: webhook.url, headers, body, timeoutMs: webhook.timeoutMs, mayStart, renew }),
  );
  if (outcome.kind === 'not_started') return 'read again';
  trace?.answered(outcome);

  slot.giveBack(toFlowSignal(outcome, { startedAtMs: startedAt.getTime(), now: deps.now() }));
  return finish({ deps, loaded, lane: task.lane, outcome, startedAt, trace });
}

/** The slot of a webhook that one delivery has, if it has one. */
class Slot {
  readonly #pace: DeliverDeps['pace'];
  #webhook: LoadedDelivery['webhook'] | null = null;

  constructor(pace: DeliverDeps['pace']) {
    this.#pace = pace;
  }

  /** Takes one, or keeps the one that it has. */
  async take(webhook: LoadedDelivery['webhook'], { released }: DeliveryTask): Promise<Admission> {
    if (this.#webhook) return 'go';
    const admission = await this.#pace.take(webhook, { released });
    if (admission === 'go') this.#webhook = webhook;
    return admission;
  }

  giveBack(signal: FlowSignal | null): void {
    if (this.#webhook) this.#pace.finished(this.#webhook, signal);
    this.#webhook = null;
  }
}

function isStillWanted(before: LoadedDelivery, again: LoadedDelivery | undefined, now: Date): boolean {
  if (!again || again.webhook.url !== before.webhook.url) return false;
  if (again.delivery.epoch !== before.delivery.epoch) return false;
  return gate({ delivery: again.delivery, webhook: again.webhook, now }).kind === 'send';
}

function signedHeaders(
  { delivery, webhook }: LoadedDelivery,
  { body, timestamp, sealer }: { body: string; timestamp: Date; sealer: Sealer },
): Record<string, string> {
  const id = encodeId('event', delivery.eventId);
  const secrets = openLiveSecrets(webhook, timestamp, sealer);
  return webhookHeaders({ id, timestamp, body, secrets, headers: openCustomHeaders(webhook, sealer) });
}

interface Sent {
  deps: DeliverDeps;
  loaded: LoadedDelivery;
  lane: Lane;
  outcome: SentOutcome;
  startedAt: Date;
  trace: AttemptTrace | null;
}

async function finish({ deps, loaded, lane, outcome, startedAt, trace }: Sent): Promise<TaskResult> {
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

  const recorded = await deps.record({
    id: newId(),
    deliveryId: delivery.id,
    number: attempt,
    startedAt,
    outcome,
    decision,
    decidedAt,
    retryLane: laneOf({ webhookIsSlow: webhook.isSlow, attemptCount: attempt, replayed: delivery.replayed }),
  });
  trace?.decided(decision);
  if (decision.kind === 'failed' && decision.reason === 'gone') await deps.suspendGone(webhook);
  return recorded;
}

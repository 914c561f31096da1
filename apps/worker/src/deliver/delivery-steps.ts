import {
  blockingOf,
  decide,
  type Decision,
  DEFAULT_RETRY_SCHEDULE,
  type DropReason,
  connectionProfile,
  egressOf,
  encodeId,
  type FailureReason,
  gate,
  INTERNAL_FAILURE,
  type InternalFailure,
  isSameRequest,
  laneOf,
  newId,
  type Outcome,
  PARK_AFTER_MS,
  passesBarrier,
  readFreshness,
  type ReadFreshness,
  type SentOutcome,
  type GateResult,
} from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { ConnectionProfile, OutboundRequest } from '@posthorn/outbound';
import type { TaskResult } from '@posthorn/queue';
import type { AttemptToRecord } from '../store/attempt-record.js';
import type { AppliedFormat } from '../store/delivery-formats.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { AttemptInput, AttemptMade, DeliverDeps, RunState } from './run-state.js';

/** The result of a job that is done. */
export const DONE: TaskResult = { reschedule: null };

/** The result of a job whose delivery was made pending again and has another job. */
export const SUPERSEDED: TaskResult = { reschedule: null, hasOtherJob: true };

/** Returns the result of the gate. The first call of a run remembers the epoch of the delivery. */
export function checkGate(run: RunState, { delivery, webhook, body, isErased }: LoadedDelivery): GateResult {
  const result = gate({
    delivery,
    webhook,
    payload: body,
    isErased,
    lane: run.task.requeued ? null : run.task.lane,
    crashes: run.task.crashes,
    runEpoch: run.epoch,
  });
  run.epoch ??= delivery.epoch;
  return result;
}

/** Delay of a delivery whose row another transaction has locked, in milliseconds. */
const LOCKED_DELAY_MS = 1000;

/** Carries out a result that does not send the delivery. Returns whether its job runs again. */
export async function skip(
  run: RunState,
  loaded: LoadedDelivery,
  result: Exclude<GateResult, { kind: 'send' }>,
): Promise<TaskResult> {
  switch (result.kind) {
    case 'wait':
      return DONE;
    case 'superseded':
      return SUPERSEDED;
    case 'reschedule':
      // Another run has parked it, so that its job is created when it is due.
      if (result.delayMs > PARK_AFTER_MS) return DONE;
      return { reschedule: { delayMs: result.delayMs, lane: result.lane } };
    case 'drop':
      return settle(run, loaded, { status: 'dropped', reason: result.reason });
    case 'fail':
      return settle(run, loaded, { status: 'failed', reason: result.reason });
  }
}

type End = { status: 'dropped'; reason: DropReason } | { status: 'failed'; reason: FailureReason };

/** Settles a delivery without an attempt. */
async function settle(run: RunState, loaded: LoadedDelivery, end: End): Promise<TaskResult> {
  const { id: deliveryId, epoch } = loaded.delivery;
  if (!(await run.deps.store.settle({ deliveryId, epoch, ...end }))) return afterLock(run);
  await advance(run, loaded);
  return DONE;
}

/** Starts the delivery that waits for this one, which is settled. */
export async function advance({ deps }: RunState, { delivery, webhook }: LoadedDelivery): Promise<void> {
  const { chain, orderingKey } = delivery;
  if (chain !== null && orderingKey !== null)
    await deps.store.advance({ webhookId: webhook.id, chain, orderingKey });
}

/** Returns the result of a job whose delivery another transaction has locked. */
const afterLock = ({ task }: RunState): TaskResult => ({
  reschedule: { delayMs: LOCKED_DELAY_MS, lane: task.lane },
});

/**
 * Marks a delivery as held, then reports it: the releaser looks for held deliveries as soon as one is reported. A delivery that has
 * changed since it was read is `changed`.
 */
export async function hold(
  run: RunState,
  { delivery, webhook }: LoadedDelivery,
): Promise<TaskResult | 'changed'> {
  const { deps, task } = run;
  const { id: deliveryId, epoch, nextAttemptAt: dueAt } = delivery;
  const result = await deps.store.hold({ deliveryId, epoch, dueAt });
  switch (result) {
    case 'held':
      deps.limiter.reportHeld(webhook, task);
      return DONE;
    case 'changed':
      return 'changed';
    case 'locked':
      return afterLock(run);
  }
}

export function freshnessOf(deps: DeliverDeps, { loaded, readAt }: DeliveryRead): ReadFreshness {
  return readFreshness({
    readAt,
    now: deps.clock.moment,
    async readAgain() {
      const current = await deps.store.load(loaded.delivery.id);
      if (!current || !maySend(loaded, current.loaded)) return null;
      return (await deps.limiter.confirm(loaded.webhook)) === 'admitted' ? current.readAt : null;
    },
  });
}

/** Returns whether a request that was built of an earlier read may still start. */
function maySend(before: LoadedDelivery, current: LoadedDelivery): boolean {
  const isSameEpoch = current.delivery.epoch === before.delivery.epoch;
  return isSameEpoch && isSameRequest('event', before.webhook, current.webhook) && passesBarrier(current);
}

/** Returns the format of a delivery: a retry keeps that of the failed attempts. Undefined if it must be loaded. */
export function knownFormat({ store: { formats } }: DeliverDeps, { delivery, webhook }: LoadedDelivery) {
  return formats.known(delivery.formatId ?? webhook.formatId);
}

/** Loads the format of a delivery. A retry keeps that of its failed attempts. If that no longer exists, the current format of the webhook is used. */
export async function loadFormat(
  deps: DeliverDeps,
  { delivery, webhook }: LoadedDelivery,
): Promise<AppliedFormat | InternalFailure> {
  const { formats } = deps.store;
  try {
    const kept = delivery.formatId === null ? null : await formats.load(delivery.formatId);
    const format = kept ?? (await formats.load(webhook.formatId));
    if (!format) throw new Error('The delivery format of the webhook was not found');
    return format;
  } catch (error) {
    return failInternally(deps, delivery, error);
  }
}

/** Loads the profile of the connections of a webhook with certificates. */
export async function loadProfile(
  deps: DeliverDeps,
  { delivery, webhook }: LoadedDelivery,
): Promise<ConnectionProfile | 'replaced' | InternalFailure> {
  try {
    return await deps.store.profiles.load(webhook);
  } catch (error) {
    return failInternally(deps, delivery, error);
  }
}

/** Returns the request, or null if its body is too long. */
export function compose(
  deps: DeliverDeps,
  {
    loaded: { delivery, webhook, attributes },
    payload,
    startedAt,
    format,
    profile,
    freshness,
    headers,
    traceparent,
  }: AttemptInput,
): OutboundRequest | InternalFailure | null {
  try {
    const request = deps.composer.compose({
      webhook,
      eventId: delivery.eventId,
      envelope: payload,
      attributes,
      sequence: delivery.sequence,
      traceparent,
      url: webhook.url,
      timestamp: startedAt,
      format: format.compiled,
      withCustomHeaders: true,
      authHeaders: headers,
    });
    const { isFresh, refresh } = freshness;
    const { url, timeoutMs } = webhook;
    const connections = connectionProfile(profile, egressOf(webhook, deps.composer.sealer));
    return request && { webhook, url, ...request, timeoutMs, profile: connections, isFresh, refresh };
  } catch (error) {
    return failInternally(deps, delivery, error);
  }
}

/**
 * Reports an error in building a request, such as a secret that the key does not open or a format that does not compile. Its attempt
 * fails without a request, so that it is retried by the schedule of its webhook instead of forever.
 */
export function failInternally(
  deps: DeliverDeps,
  { id }: LoadedDelivery['delivery'],
  error: unknown,
): InternalFailure {
  deps.reports.internalError({ step: 'compose', error, deliveryId: encodeId('delivery', id) });
  return INTERNAL_FAILURE;
}

export const isNotBuilt = (built: object): built is InternalFailure => built === INTERNAL_FAILURE;

export function send(
  { deps, permit }: RunState,
  request: OutboundRequest,
  webhook: LoadedDelivery['webhook'],
): Promise<Outcome> {
  const startedAtMs = deps.clock.moment().monotonicMs;
  const onLate = () => permit.detach(Buffer.byteLength(request.body));
  // The receiver may not respond for a long time, so the delivery is detached at once.
  if (!deps.limiter.isResponsive(webhook)) onLate();
  const onOverdue = () => deps.limiter.reportOverdue(webhook);
  return deps.inFlight.track({ startedAtMs, onLate, onOverdue }, deps.send(request));
}

/** Returns the attempt to record, with the decision on its outcome. */
export function decideOn(
  { deps }: RunState,
  { loaded, startedAt, format, isTokenRenewed = false }: AttemptMade,
  outcome: SentOutcome,
): AttemptToRecord {
  const { delivery, webhook } = loaded;
  const attempt = delivery.attemptCount + 1;
  const decision = decide(outcome, {
    attempt,
    unscheduledAttempts: delivery.unscheduledAttempts,
    retrySchedule: webhook.retrySchedule ?? DEFAULT_RETRY_SCHEDULE,
    blocking: blockingOf(delivery, webhook, startedAt),
    isTokenRenewed,
    now: deps.clock.now(),
    random: deps.clock.random,
  });
  return {
    id: newId(),
    tenantId: webhook.tenantId,
    delivery,
    startedAt,
    outcome,
    decision,
    formatId: format?.id ?? delivery.formatId,
    retryLane: laneOf({ webhookIsSlow: webhook.isSlow, attemptCount: attempt, replayed: delivery.replayed }),
  };
}

/** Returns the result with the priority of the next run of the job. */
export function withPriority(
  { deps }: RunState,
  { id: webhookId, tenantId }: LoadedDelivery['webhook'],
  result: TaskResult,
): TaskResult {
  const { reschedule } = result;
  if (!reschedule) return result;
  const priority = deps.retryPriority({ tenantId, webhookId, ...reschedule });
  return priority === 0 ? result : { reschedule: { ...reschedule, priority } };
}

export function isGone(decision: Decision): boolean {
  return decision.kind === 'failed' && decision.reason === 'gone';
}

/** Returns whether an operational event reports the decision. */
export function isReported(decision: Decision): boolean {
  return (
    decision.kind === 'failed' ||
    decision.kind === 'dropped' ||
    (decision.kind === 'retry' && decision.isExhausted)
  );
}

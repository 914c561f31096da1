import { type InternalFailure, repeatWhileStale } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database';
import { toFlowSignal } from '@posthorn/flow';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import type { RecordRequest } from './attempt-record.js';
import {
  compose,
  decideOn,
  DONE,
  freshnessOf,
  hold,
  isGone,
  isNotBuilt,
  knownFormat,
  loadFormat,
  checkGate,
  send,
  skip,
  withPriority,
} from './delivery-steps.js';
import type { OwnPermit } from './detached-deliveries.js';
import type { AttemptInput, DeliverDeps, DeliveryRead, RunState } from './run-state.js';
import { SlotHolder } from './slot-holder.js';

/** Delay of a delivery when PostgreSQL is too slow for its reads to stay fresh, in milliseconds. */
const SLOW_DATABASE_DELAY_MS = 1000;

/** Returns the function that runs one job: load, gate, acquire, compose, send, decide, record. */
export function createDeliver(
  deps: DeliverDeps,
): (task: DeliveryTask, permit: OwnPermit) => Promise<TaskResult> {
  return async function deliver(task, permit) {
    const slot = new SlotHolder(deps.limiter);
    const stored = deps.takeStored(task.deliveryId);
    const run: RunState = { deps, task, permit, slot, receivedAt: deps.now(), stored, epoch: null };
    try {
      const result = await repeatWhileStale(() => attemptDelivery(run));
      if (result !== 'stale') return result;
    } finally {
      slot.release(null);
    }
    return { reschedule: { delayMs: SLOW_DATABASE_DELAY_MS, lane: task.lane } };
  };
}

async function attemptDelivery(run: RunState): Promise<TaskResult | 'stale'> {
  const { deps, task, permit, slot, stored } = run;
  run.stored = undefined;
  const read = stored ?? (await deps.load(task.deliveryId));
  if (!read) return DONE;
  const { loaded, dueAtMs } = read;

  const verdict = checkGate(run, loaded);
  const { tenantId } = loaded.webhook;
  if (verdict.kind !== 'send') {
    // Only a delivery that was loaded is not sent.
    if (stored) return 'stale';
    return withPriority(run, loaded.webhook, await skip(run, loaded.delivery, verdict));
  }

  const format = knownFormat(deps, loaded) ?? (await loadFormat(deps, loaded));
  if (isNotBuilt(format)) return fail(run, read, format);

  if (!permit.claim(tenantId)) {
    deps.reportSaturated(tenantId);
    return hold(run, loaded);
  }
  const admission = await slot.acquire(loaded.webhook, task);
  if (admission === 'deferred') return hold(run, loaded);
  if (admission !== 'admitted') {
    await deps.restore({ webhookId: loaded.webhook.id, ...admission.fence });
    return 'stale';
  }

  const startedAt = deps.now();
  const startedAtMs = deps.moment().monotonicMs;
  const freshness = freshnessOf(deps, read);
  // Acquiring the slot can take longer than the read stays fresh.
  if (!freshness.isFresh()) return 'stale';

  const latenessMs = Math.max(startedAtMs - dueAtMs, 0);
  const input: AttemptInput = { loaded, payload: verdict.payload, startedAt, latenessMs, format, freshness };
  const composed = compose(deps, input);
  if (!composed) return skip(run, loaded.delivery, { kind: 'fail', reason: 'body_too_large' });
  if (isNotBuilt(composed)) return fail(run, read, composed);
  const trace = deps.traceAttempt({ loaded, lane: task.lane, receivedAt: run.receivedAt, startedAt });
  if (trace?.traceparent) composed.headers['traceparent'] = trace.traceparent;
  const outcome = await send(run, composed, loaded.webhook);
  if (outcome.kind === 'not_started') return 'stale';
  trace?.responded(outcome);
  slot.release(toFlowSignal(outcome, { startedAtMs, now: deps.now() }));

  const request = decideOn(run, input, outcome);
  const result = await record(run, request, loaded.webhook);
  trace?.decided(request.decision);
  if (isGone(request.decision)) await deps.suspendGone(loaded.webhook);
  return result;
}

/** Records an attempt without a request. */
function fail(
  run: RunState,
  { loaded, dueAtMs }: DeliveryRead,
  failure: InternalFailure,
): Promise<TaskResult> {
  const { deps, slot } = run;
  slot.release(null);
  const latenessMs = Math.max(deps.moment().monotonicMs - dueAtMs, 0);
  const input = { loaded, startedAt: deps.now(), latenessMs, format: null };
  return record(run, decideOn(run, input, failure), loaded.webhook);
}

/** Records an attempt. The delivery leaves its lane while this is delayed, if it can. Returns whether its job runs again. */
async function record(
  run: RunState,
  request: RecordRequest,
  webhook: LoadedDelivery['webhook'],
): Promise<TaskResult> {
  const { deps, permit } = run;
  const result = await deps.record(request, () => permit.detach(0));
  if (request.decision.kind === 'failed') deps.onFailed();
  return withPriority(run, webhook, result);
}

import { MAX_STALE_READS, type SentOutcome } from '@posthorn/core';
import { toFlowSignal } from '@posthorn/flow';
import type { TaskResult } from '@posthorn/queue';
import { authenticate, renewsToken } from './authenticate.js';
import type { Deliver } from '../lanes/delivery-runner.js';
import {
  advance,
  checkGate,
  compose,
  decideOn,
  DONE,
  freshnessOf,
  hold,
  isGone,
  isNotBuilt,
  isReported,
  knownFormat,
  loadFormat,
  loadProfile,
  send,
  skip,
  SUPERSEDED,
  withPriority,
} from './delivery-steps.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { AttemptMade, DeliverDeps, RunState } from './run-state.js';
import { SlotHolder } from './slot-holder.js';

/** Delay of a delivery when PostgreSQL is too slow for its reads to stay fresh, in milliseconds. */
const SLOW_DATABASE_DELAY_MS = 1000;

/** How long a job waits while the database is quarantined, and its delay after that, in milliseconds. It does not delay a stop for longer. */
const QUARANTINE_WAIT_MS = 5000;

/**
 * Why a delivery is read again before its request has started: this process has stored it and its gate does not let it be sent now, it has
 * changed since it was read, its webhook is older than its fence, its read is too old, the request could not start in time, or the database
 * was quarantined when it was read.
 */
type ReadAgain = 'not_sent_as_stored' | 'changed' | 'fenced' | 'read_aged' | 'not_started' | 'quarantined';

/** Returns the function that runs the job of a delivery: it reads the delivery, sends it, and records the outcome. */
export function createDeliver(deps: DeliverDeps): Deliver {
  return async function deliver(task, permit, stored) {
    const slot = new SlotHolder(deps.limiter);
    const run: RunState = { deps, task, permit, slot, receivedAt: deps.clock.now(), stored, epoch: null };
    try {
      // A delivery that this process has stored is first sent without a read.
      const maxTries = MAX_STALE_READS + (stored ? 1 : 0);
      for (let tries = 0; tries < maxTries; tries += 1) {
        const result = await attemptDelivery(run);
        if (typeof result === 'object') return result;
      }
    } finally {
      slot.release(null);
    }
    return { reschedule: { delayMs: SLOW_DATABASE_DELAY_MS, lane: task.lane } };
  };
}

async function attemptDelivery(run: RunState): Promise<TaskResult | ReadAgain> {
  const { deps, task, permit, slot, stored } = run;
  const { store, clock } = deps;

  run.stored = undefined;
  const read = stored ?? (await store.load(task.deliveryId));
  // It is settled already, such as by a worker that was killed after the record, or by a suspend.
  if (!read) return DONE;
  // After the read: its connection may have been the first one to a restored database.
  if (deps.quarantine.isHeld) return waitForRelease(run);
  const { loaded, dueAtMs } = read;
  const { webhook } = loaded;

  const gated = checkGate(run, loaded);
  if (gated.kind !== 'send') {
    if (stored) return 'not_sent_as_stored';
    return withPriority(run, webhook, await skip(run, loaded, gated));
  }

  if (!permit.begin(loaded.delivery.epoch)) return SUPERSEDED;

  const format = knownFormat(deps, loaded) ?? (await loadFormat(deps, loaded));
  if (isNotBuilt(format)) return fail(run, read, format);
  const known = store.profiles.known(webhook);
  const profile = known === undefined ? await loadProfile(deps, loaded) : known;
  if (profile === 'replaced') return 'changed';
  if (profile !== null && isNotBuilt(profile)) return fail(run, read, profile);

  const auth = await authenticate(run, loaded);
  if (auth.kind === 'failed') return fail(run, read, auth.failure);
  if (auth.kind === 'wait') return hold(run, loaded);

  if (!permit.claim(webhook.tenantId)) return hold(run, loaded);
  const slotDecision = await slot.acquire(webhook, task);
  if (slotDecision === 'deferred') return hold(run, loaded);
  if (slotDecision !== 'admitted') {
    await store.restore(slotDecision.fence);
    return 'fenced';
  }

  const startedAt = clock.now();
  const startedAtMs = clock.moment().monotonicMs;
  const freshness = freshnessOf(deps, read);
  // Acquiring the slot can take longer than the read stays fresh.
  if (!freshness.isFresh()) return 'read_aged';

  const latenessMs = Math.max(startedAtMs - dueAtMs, 0);
  const trace = deps.reports.trace({ loaded, lane: task.lane, receivedAt: run.receivedAt, startedAt });
  const { headers, token } = auth;
  const attempt = {
    loaded,
    payload: gated.payload,
    startedAt,
    latenessMs,
    format,
    profile,
    freshness,
    headers,
    traceparent: trace?.traceparent ?? null,
  };
  const request = compose(deps, attempt);
  if (!request) return skip(run, loaded, { kind: 'fail', reason: 'body_too_large' });
  if (isNotBuilt(request)) return fail(run, read, request);

  const outcome = await send(run, request, webhook);
  if (outcome.kind === 'not_started') return 'not_started';
  trace?.responded(outcome);
  slot.release(toFlowSignal(outcome, { startedAtMs, now: clock.now() }));

  const isTokenRenewed = await renewsToken(deps, loaded, { token, outcome });
  const { result, decision } = await record(run, { ...attempt, isTokenRenewed }, outcome);
  trace?.decided(decision);
  // Before the next delivery of its chain starts.
  if (isGone(decision)) await store.suspendGone(webhook);
  if (decision.kind !== 'retry') await advance(run, loaded);
  return result;
}

/** Waits for a moment until the database is released. */
async function waitForRelease({ deps, task }: RunState): Promise<TaskResult | ReadAgain> {
  if (await deps.quarantine.wait(QUARANTINE_WAIT_MS)) return 'quarantined';
  return { reschedule: { delayMs: QUARANTINE_WAIT_MS, lane: task.lane } };
}

/** Records an attempt without a request. */
async function fail(
  run: RunState,
  { loaded, dueAtMs }: DeliveryRead,
  failure: SentOutcome & { kind: 'failure' },
): Promise<TaskResult> {
  const { clock, limiter } = run.deps;
  if (run.slot.isHeld) run.slot.release(null);
  else limiter.reportUnsent(loaded.webhook, run.task);
  const latenessMs = Math.max(clock.moment().monotonicMs - dueAtMs, 0);
  const attempt = { loaded, startedAt: clock.now(), latenessMs, format: null };
  const { result, decision } = await record(run, attempt, failure);
  if (decision.kind !== 'retry') await advance(run, loaded);
  return result;
}

/** Records an attempt, then reports it. The delivery leaves its lane while the record is delayed, if it can. */
async function record(run: RunState, made: AttemptMade, outcome: SentOutcome) {
  const { deps, permit, task } = run;
  const { loaded, latenessMs } = made;
  const toRecord = decideOn(run, made, outcome);
  const { decision } = toRecord;
  const recorded = await deps.store.record(toRecord, () => permit.detach(0));
  const attempt = loaded.delivery.attemptCount + 1;
  deps.reports.attempt({ loaded, lane: task.lane, attempt, latenessMs, outcome, decision });
  if (isReported(decision)) deps.reports.emitted();
  return { result: withPriority(run, loaded.webhook, recorded), decision };
}

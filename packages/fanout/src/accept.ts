import { groupCommit, type Part } from '@posthorn/core';
import { type AcceptedEvent, isDataError, type Pool } from '@posthorn/database';
import type { Tracing } from '@posthorn/runtime';
import { type AcceptLimits, createAcceptLimiter, TIMEOUT_DETAIL } from './accept-limiter.js';
import type { AcceptResult } from './accept-result.js';
import { batchResults } from './batch-results.js';
import { type PendingEvent, pendingEvent } from './compose-event.js';
import { createEvaluator, type Evaluation } from './evaluate.js';
import { commitEvaluation } from './event-writer.js';
import { FanOutEstimator } from './fan-out-estimator.js';
import type { IncomingEvent } from './incoming-event.js';
import { createJobEnqueuer, type JobEnqueuerDeps } from './job-enqueuer.js';
import { createRuleReader } from './rule-reader.js';
import { recordResult, startFanOut } from './trace-fan-out.js';

export interface Acceptor extends Part {
  /**
   * Resolves once the event is durable in PostgreSQL; its jobs are enqueued afterwards. Rejects when PostgreSQL cannot
   * store the event, with `unavailable` when a limit is reached.
   */
  accept(event: IncomingEvent): Promise<AcceptResult>;
  /** Accepts all events of one call. When a limit is reached, none of them is accepted. */
  acceptAll(events: readonly IncomingEvent[]): Promise<AcceptResult[]>;
  /** Waits until the jobs of all accepted events are enqueued. */
  stop(): Promise<void>;
}

export interface AcceptorDeps extends JobEnqueuerDeps {
  pool: Pool;
  /** Runs the statements of each batch, one at a time, with generic plans. Default: `pool`. */
  hotPathPool?: Pool;
  /** Without limits, events queue up unbounded and never time out. */
  limits?: AcceptLimits;
  tracing?: Tracing | null;
}

/** Most events in a batch. Large batches cost less per event; small ones shorten the wait of a caller. */
const MAX_BATCH_WITHOUT_LIMITS = 500;
const MAX_BATCH_WITH_LIMITS = 50;

/** Pause between two full batches with limits: it delays a flood slightly and lets the events of other tenants in. */
const REST_MS = 5;

/** Most weight of one batch: characters of events, plus a fixed weight for each expected delivery. */
const MAX_BATCH_WEIGHT = 4 * 1024 * 1024;
const DELIVERY_WEIGHT = 4 * 1024;

/** Most times that events are committed again because their original has expired. Once is enough unless it happens again. */
const MAX_REPEATS = 3;

/** Creates the single entry point for events of every ingress. Each batch is evaluated, committed and enqueued. */
export function createAcceptor({
  pool,
  hotPathPool = pool,
  limits,
  tracing,
  deliveries,
  onEnqueueError,
}: AcceptorDeps): Acceptor {
  const ruleReader = createRuleReader(hotPathPool);
  const evaluate = createEvaluator();
  const enqueuer = createJobEnqueuer({ deliveries, onEnqueueError });
  const estimator = new FanOutEstimator();
  const admit = limits ? createAcceptLimiter(limits) : () => () => {};

  /** Accepts events again whose original has expired between the commit and its lookup. */
  async function acceptBatch(batch: readonly PendingEvent[], repeats = MAX_REPEATS): Promise<AcceptResult[]> {
    const results = await commitBatch(batch);
    const expired = batch.filter((_event, index) => results[index] === null);
    if (expired.length > 0 && repeats === 0) throw new Error('An event is neither new nor a duplicate');
    const repeated = expired.length > 0 ? await acceptBatch(expired, repeats - 1) : [];
    return results.flatMap((result) => result ?? repeated.shift() ?? []);
  }

  async function commitBatch(batch: readonly PendingEvent[]): Promise<(AcceptResult | null)[]> {
    await enqueuer.ready();
    const now = new Date();
    const { evaluation, accepted } = await evaluateAndCommit(batch, now);
    const fanOuts = fanOutsOf(evaluation, accepted);
    estimator.learn(fanOuts);
    enqueuer.enqueue(
      fanOuts.flatMap((fanOut) =>
        fanOut.deliveries.map(({ id, lane }) => ({
          deliveryId: id,
          lane,
          tenantId: fanOut.tenantId,
        })),
      ),
    );
    return batchResults(pool, evaluation, accepted);
  }

  /** Repeats both steps while rules change between reading and committing; the rule reader bounds the repetitions. */
  async function evaluateAndCommit(
    batch: readonly PendingEvent[],
    now: Date,
  ): Promise<{ evaluation: Evaluation; accepted: AcceptedEvent[] }> {
    let rules = await ruleReader.read(batch);
    for (;;) {
      const evaluation = await evaluate(batch, rules, now);
      const accepted = await commitEvaluation(hotPathPool, evaluation, rules.verification);
      if (accepted !== 'rules_changed') return { evaluation, accepted };
      rules = await ruleReader.reread(batch, rules);
    }
  }

  const commitInGroup = groupCommit((batch: PendingEvent[]) => acceptBatch(batch), {
    weigh: ({ event, dataText }) => dataText.length + estimator.estimate(event.tenantId) * DELIVERY_WEIGHT,
    maxWeight: MAX_BATCH_WEIGHT,
    ownerOf: ({ event }) => event.tenantId,
    isItemError: isDataError,
    ...(limits
      ? {
          maxBatch: MAX_BATCH_WITH_LIMITS,
          restMs: REST_MS,
          timeout: { ms: limits.timeoutMs, detail: TIMEOUT_DETAIL },
        }
      : { maxBatch: MAX_BATCH_WITHOUT_LIMITS }),
  });

  async function acceptAll(events: readonly IncomingEvent[]): Promise<AcceptResult[]> {
    const pending = events.map((event) => pendingEvent(event, tracing ? startFanOut(tracing, event) : null));
    const release = admit(pending);
    const results = pending.map((each) =>
      each.trace ? recordResult(commitInGroup(each), each.trace) : commitInGroup(each),
    );
    void Promise.allSettled(results).then(release);
    return Promise.all(results);
  }

  return {
    async accept(event) {
      const [result] = await acceptAll([event]);
      if (!result) throw new Error('acceptAll returned no result');
      return result;
    },
    acceptAll,
    stop: enqueuer.stop,
  };
}

interface FanOut {
  tenantId: string;
  deliveries: AcceptedEvent['deliveries'];
}

function fanOutsOf({ candidates }: Evaluation, accepted: readonly AcceptedEvent[]): FanOut[] {
  const tenantIds = new Map(candidates.map(({ id, tenantId }) => [id, tenantId]));
  return accepted.map(({ eventId, deliveries }) => ({ tenantId: tenantIds.get(eventId) ?? '', deliveries }));
}

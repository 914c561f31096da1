import { currentMoment, type Moment, type Part, PosthornError } from '@posthorn/core';
import {
  type AcceptedEvent,
  codeOf,
  countSubscriptions,
  describeUnavailable,
  findStoredEvents,
  hadNoEffect,
  isDataError,
  isTransient,
  type Pool,
  type StoredDelivery,
} from '@posthorn/database';
import type { JustStored, TenantJob } from '@posthorn/flow';
import type { Tracing } from '@posthorn/runtime';
import { type AcceptLimits, createAcceptLimiter, type OnRefuse } from './accept-limiter.js';
import { AcceptQueues, type QueueName } from './accept-queues.js';
import type { AcceptResult, BatchResult } from './accept-result.js';
import { batchResults } from './batch-results.js';
import { BatchSizer } from './batch-sizer.js';
import {
  type CandidateEvent,
  type IdentityOptions,
  originalIdOf,
  type PendingEvent,
  pendingEvent,
} from './compose-event.js';
import { CostlyEvents } from './costly-events.js';
import { createEvaluator, type Evaluation } from './evaluate.js';
import { commitEvaluation } from './event-writer.js';
import type { TenantEventType } from './fan-out-estimator.js';
import { COSTLY_BUDGET, REGULAR_BUDGET } from './filter-budget.js';
import type { IncomingEvent } from './incoming-event.js';
import { createJobEnqueuer, type JobEnqueuerDeps } from './job-enqueuer.js';
import { keysToCheck, settleChecks } from './key-checks.js';
import { createRuleReader } from './rule-reader.js';
import { recordResult, startFanOut } from './trace-fan-out.js';

export interface Acceptor extends Part {
  /**
   * Resolves once the event is durable in PostgreSQL; its jobs are enqueued afterwards. Rejects when PostgreSQL cannot
   * store the event, and with `unavailable`, without storing it, when a limit is reached.
   */
  accept(event: IncomingEvent): Promise<AcceptResult>;
  /** Accepts all events of one call. When a limit is reached, none of them is stored. */
  acceptAll(events: readonly IncomingEvent[]): Promise<AcceptResult[]>;
  /**
   * Checks an event before it is known whether it is valid, so that its refusal costs little. `accept` checks it again.
   * @throws PosthornError `unavailable` if the event would wait too long
   */
  assertShortWait(event: TenantEventType): void;
  /** Waits until the jobs of all accepted events are enqueued. */
  stop(): Promise<void>;
}

export interface AcceptorDeps extends JobEnqueuerDeps {
  pool: Pool;
  /** Runs the statements of the batches, with generic plans. With limits, it needs two connections. Default: `pool`. */
  hotPathPool?: Pool;
  /** Without limits, events queue up unbounded and are never refused. */
  limits?: AcceptLimits;
  onRefuse?: OnRefuse;
  tracing?: Tracing | null;
}

/** Maximum number of events in a batch. Large batches cost less per event; small ones shorten the wait of a caller. */
const MAX_BATCH_WITHOUT_LIMITS = 500;
const MAX_BATCH_WITH_LIMITS = 100;

/** PostgreSQL would be idle while the result of a batch of large events is handled and the next one is prepared. */
const MAX_FLUSHES_WITH_LIMITS = 2;

const UNKNOWN_OUTCOME =
  'PostgreSQL is unavailable or did not respond in time; the events may still be stored. Retry with the same idempotency key.';

/** Maximum number of times that events are committed again because their original has expired. Once is enough unless it happens again. */
const MAX_REPEATS = 3;

/** Creates the single entry point for events of every ingress. Each batch is evaluated, committed and enqueued. */
export function createAcceptor({
  pool,
  hotPathPool = pool,
  limits,
  onRefuse = () => {},
  tracing,
  deliveries,
  startHere,
  onEnqueueError,
}: AcceptorDeps): Acceptor {
  const ruleReader = createRuleReader(hotPathPool);
  const evaluators = {
    regular: createEvaluator(REGULAR_BUDGET),
    // Has its own cache, so that costly filters do not displace the filters of others.
    costly: createEvaluator(COSTLY_BUDGET),
  };
  const costlyEvents = new CostlyEvents();
  const enqueuer = createJobEnqueuer({ deliveries, startHere, onEnqueueError });
  const sizer = new BatchSizer((types) => countSubscriptions(pool, types));
  const queues = new AcceptQueues({
    acceptBatch,
    sizer,
    costlyEvents,
    options: {
      isItemError: isDataError,
      maxBatch: limits ? MAX_BATCH_WITH_LIMITS : MAX_BATCH_WITHOUT_LIMITS,
      maxFlushes: limits ? MAX_FLUSHES_WITH_LIMITS : 1,
    },
  });
  const limiter =
    limits &&
    createAcceptLimiter({
      limits,
      expectedWaitMs: (event) => queues.expectedWaitMs(event),
      onRefuse,
    });

  /** Accepts events again whose original has expired between the commit and its lookup. */
  async function acceptBatch(
    queue: QueueName,
    batch: readonly PendingEvent[],
    repeats = MAX_REPEATS,
  ): Promise<BatchResult[]> {
    const results = await commitBatch(queue, batch);
    const expired = batch.filter((_event, index) => results[index] === null);
    if (expired.length > 0 && repeats === 0) throw new Error('An event is neither new nor a duplicate');
    const repeated = expired.length > 0 ? await acceptBatch(queue, expired, repeats - 1) : [];
    return results.flatMap((result) => result ?? repeated.shift() ?? []);
  }

  async function commitBatch(
    queue: QueueName,
    batch: readonly PendingEvent[],
  ): Promise<(BatchResult | null)[]> {
    await enqueuer.ready();
    const identity = await readIdentity(batch);
    const { evaluation, accepted, readAt } = await evaluateAndCommit(batch, { queue, identity });
    const fanOuts = fanOutsOf(evaluation, accepted);
    sizer.learn(fanOuts);
    enqueuer.enqueue(fanOuts.flatMap((fanOut) => jobsOf(fanOut, readAt)));
    // On these connections, because the lookup of duplicates may wait for replicas, as storing events does.
    return batchResults(hotPathPool, evaluation, accepted);
  }

  /** Looks up only old pushes: usually there are none. */
  async function readIdentity(batch: readonly PendingEvent[]): Promise<IdentityOptions> {
    const now = new Date();
    const ids = batch.flatMap(({ event }) => originalIdOf(event, now) ?? []);
    return { now, storedIds: await findStoredEvents(pool, ids) };
  }

  /**
   * Repeats both steps while rules change between reading and committing, which the rule reader bounds, and without the events of
   * refused keys.
   */
  async function evaluateAndCommit(
    batch: readonly PendingEvent[],
    { queue, identity }: { queue: QueueName; identity: IdentityOptions },
  ): Promise<{ evaluation: Evaluation; accepted: AcceptedEvent[]; readAt: Moment }> {
    const timeoutMs = sizer.timeoutMs(batch);
    const toStart = startHere !== undefined && sizer.expectsAtMost(MAX_STARTABLE, batch);
    let rules = await ruleReader.read(batch);
    for (;;) {
      const evaluation = await evaluators[queue](batch, rules, identity);
      costlyEvents.learn(evaluation.filterTimings);
      const { verification } = rules;
      const readAt = currentMoment();
      const commit = await sizer.measure(batch, () =>
        commitEvaluation(hotPathPool, evaluation, {
          verification,
          timeoutMs,
          toStart,
          keys: keysToCheck(batch),
        }),
      );
      if (commit === 'rules_changed') rules = await ruleReader.reread(batch, rules);
      else if ('refusedKeyIds' in commit) settleChecks(batch, commit.refusedKeyIds);
      else {
        if (evaluation.candidates.length > 0) settleChecks(batch, []);
        return { evaluation, accepted: commit, readAt };
      }
    }
  }

  async function acceptAll(events: readonly IncomingEvent[]): Promise<AcceptResult[]> {
    limiter?.assertShortWait(events);
    const pending = events.map(pendingEvent);
    const release = limiter?.admit(pending);
    if (tracing) for (const each of pending) each.trace = startFanOut(tracing, each.event);
    await sizer.prepare(events);
    const results = queues
      .submit(pending, limiter?.timeoutOf(events))
      .map((result, index) => recordResult(result, pending[index]?.trace));
    if (release) whenSettled(results, release);
    return limits ? orUnavailable(Promise.all(results), events.length) : Promise.all(results);
  }

  return {
    async accept(event) {
      const [result] = await acceptAll([event]);
      if (!result) throw new Error('acceptAll returned no result');
      return result;
    },
    acceptAll,
    assertShortWait: (event) => limiter?.assertShortWait([event]),
    stop: enqueuer.stop,
  };
}

/** Calls `release` when all results are settled. */
function whenSettled([first, ...others]: readonly Promise<unknown>[], release: () => void): void {
  if (first && others.length === 0) first.then(release, release);
  else void Promise.allSettled([first, ...others]).then(release);
}

/** Explains to a caller that does not retry by itself why PostgreSQL did not store its events, and whether it may still do so. */
async function orUnavailable<Result>(work: Promise<Result>, eventCount: number): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!isTransient(error)) throw error;
    const code = codeOf(error);
    // Other events of a larger call may already be stored.
    const isNothingStored = eventCount === 1 && hadNoEffect(code);
    const detail = isNothingStored
      ? `${describeUnavailable(code)} Nothing was stored; retry later.`
      : UNKNOWN_OUTCOME;
    throw new PosthornError('unavailable', { detail, cause: error });
  }
}

interface FanOut extends TenantEventType {
  event: CandidateEvent | undefined;
  deliveries: AcceptedEvent['deliveries'];
}

function fanOutsOf({ candidates }: Evaluation, accepted: readonly AcceptedEvent[]): FanOut[] {
  const candidateOf = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  return accepted.map(({ eventId, deliveries }) => {
    const event = candidateOf.get(eventId);
    const { tenantId = '', type = '' } = event ?? {};
    return { tenantId, type, event, deliveries };
  });
}

/** Of a batch with more deliveries, none starts in this process: it would read more than it can start. */
const MAX_STARTABLE = 100;

/** @param readAt when the statement that stored the deliveries was sent, or earlier */
function jobsOf({ tenantId, event, deliveries }: FanOut, readAt: Moment): TenantJob[] {
  return deliveries.map(({ id, lane, stored }) => ({
    deliveryId: id,
    lane,
    tenantId,
    stored: event && stored ? justStored(event, stored, readAt) : null,
  }));
}

function justStored(
  { id, type, body, traceContext = null, attributes = null }: CandidateEvent,
  stored: StoredDelivery,
  readAt: Moment,
): JustStored {
  return { eventId: id, ...stored, eventType: type, body, traceContext, attributes, readAt };
}

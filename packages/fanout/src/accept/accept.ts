import { type Part, PosthornError } from '@posthorn/core';
import {
  codeOf,
  describeUnavailable,
  hadNoEffect,
  isDataError,
  isKeyMissing,
  isTransient,
  type Pool,
} from '@posthorn/database/connection';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '@posthorn/database/encryption';
import { countSubscriptions } from '@posthorn/database/events';
import type { Tracing } from '@posthorn/runtime';
import { type AcceptLimits, createAcceptLimiter, type OnRefuse } from './accept-limiter.js';
import { AcceptQueues } from './accept-queues.js';
import type { PublishResult } from '../events/publish-result.js';
import { BatchCommitter } from './batch-committer.js';
import { BatchSizer } from './batch-sizer.js';
import { pendingEvent } from '../events/compose-event.js';
import { CostlyEvents } from '../rules/costly-events.js';
import type { TenantEventType } from '../events/fan-out-estimator.js';
import { HeadEnqueuer } from '../jobs/head-enqueuer.js';
import type { IncomingEvent } from '../events/incoming-event.js';
import { createJobEnqueuer, type JobEnqueuerDeps } from '../jobs/job-enqueuer.js';
import { SequencedTypes } from '../events/sequenced-events.js';
import { recordResult, startFanOut } from '../events/trace-fan-out.js';

export interface Acceptor extends Part {
  /**
   * Resolves once the event is durable in PostgreSQL; its jobs are enqueued afterwards. Rejects when PostgreSQL cannot
   * store the event, and with `unavailable`, without storing it, when a limit is reached.
   */
  accept(event: IncomingEvent): Promise<PublishResult>;
  /** Accepts all events of one call. When a limit is reached, none of them is stored. */
  acceptAll(events: readonly IncomingEvent[]): Promise<PublishResult[]>;
  /** Accepts all events of one call, and returns the result or the failure of each. */
  acceptEach(events: readonly IncomingEvent[]): Promise<PromiseSettledResult<PublishResult>[]>;
  /**
   * Checks an event before it is known whether it is valid, so that its refusal costs little. `accept` checks it again.
   * @throws PosthornError `unavailable` if the event would wait too long
   */
  assertShortWait(event: TenantEventType): void;
  /** Waits until the jobs of all accepted events are enqueued. */
  stop(): Promise<void>;
}

interface AcceptorDeps extends JobEnqueuerDeps {
  pool: Pool;
  /**
   * Runs the statements of the batches, with generic plans. A batch of ordered events may wait on a connection for the counters that
   * other processes hold, so it needs a second one, and with limits a third one. Default: `pool`.
   */
  hotPathPool?: Pool;
  /** Without limits, events queue up unbounded and are never refused. */
  limits?: AcceptLimits;
  onRefuse?: OnRefuse;
  /** For how many days the installation keeps payloads. Default: for longer than any tenant or type. */
  payloadRetentionDays?: number;
  /** The same for deliveries and attempts. */
  retentionDays?: number;
  /** They seal events, if they encrypt. Default: none do. */
  payloadKeys?: PayloadKeys;
  tracing?: Tracing | null;
}

/** Maximum number of events in a batch. Large batches cost less per event; small ones shorten the wait of a caller. */
const MAX_BATCH_WITHOUT_LIMITS = 500;
const MAX_BATCH_WITH_LIMITS = 100;

/** PostgreSQL would be idle while the result of a batch of large events is handled and the next one is prepared. */
const MAX_FLUSHES_WITH_LIMITS = 2;

const UNKNOWN_OUTCOME =
  'PostgreSQL is unavailable or did not respond in time; the events may still be stored. Retry with the same idempotency key.';

/** Creates the single entry point for events of every ingress. Each batch is evaluated, committed and enqueued. */
export function createAcceptor({
  pool,
  hotPathPool = pool,
  limits,
  onRefuse = () => {},
  payloadRetentionDays = Infinity,
  retentionDays = Infinity,
  payloadKeys = NO_PAYLOAD_KEYS,
  tracing,
  deliveries,
  startOrReturn,
  onEnqueueError,
}: AcceptorDeps): Acceptor {
  const costlyEvents = new CostlyEvents();
  const sequencedTypes = new SequencedTypes();
  const enqueuer = createJobEnqueuer({ deliveries, startOrReturn, onEnqueueError });
  const heads = new HeadEnqueuer({ pool, enqueuer, onEnqueueError });
  const sizer = new BatchSizer((types) => countSubscriptions(pool, types));
  const committer = new BatchCommitter({
    pool,
    hotPathPool,
    sizer,
    costlyEvents,
    sequencedTypes,
    enqueuer,
    heads,
    canStart: startOrReturn !== undefined,
    retention: { payloadDays: payloadRetentionDays, historyDays: retentionDays },
    payloadKeys,
  });
  const queues = new AcceptQueues({
    acceptBatch: (queue, batch) => committer.accept(queue, batch),
    sizer,
    costlyEvents,
    sequencedTypes,
    options: {
      isItemError: (error) => isDataError(error) || isKeyMissing(error),
      maxBatch: limits ? MAX_BATCH_WITH_LIMITS : MAX_BATCH_WITHOUT_LIMITS,
      maxFlushes: limits ? MAX_FLUSHES_WITH_LIMITS : 1,
    },
  });
  const limiter =
    limits &&
    createAcceptLimiter({ limits, expectedWaitMs: (call) => queues.expectedWaitMs(call), onRefuse });

  /** Queues the events of one call, and returns their results. */
  async function submit(events: readonly IncomingEvent[]): Promise<Promise<PublishResult>[]> {
    limiter?.assertShortWait(events);
    const pending = events.map(pendingEvent);
    const release = limiter?.admit(pending);
    if (tracing) for (const each of pending) each.trace = startFanOut(tracing, each.event);
    await sizer.prepare(events);
    const results = queues
      .submit(pending, limiter?.timeoutOf(events))
      .map((result, index) => recordResult(result, pending[index]?.trace));
    if (release) whenSettled(results, release);
    return results;
  }

  async function acceptAll(events: readonly IncomingEvent[]): Promise<PublishResult[]> {
    const results = Promise.all(await submit(events));
    return limits ? orUnavailable(results, events.length) : results;
  }

  return {
    accept: oneByOne(acceptAll),
    acceptAll,
    acceptEach: async (events) => Promise.allSettled(await submit(events)),
    assertShortWait: (event) => limiter?.assertShortWait([event]),
    async stop() {
      await heads.ready();
      await enqueuer.stop();
    },
  };
}

/** Returns the function that accepts a single event. */
export const oneByOne = (acceptAll: Acceptor['acceptAll']): Acceptor['accept'] =>
  async function accept(event) {
    const [result] = await acceptAll([event]);
    if (!result) throw new Error('acceptAll returned no result');
    return result;
  };

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

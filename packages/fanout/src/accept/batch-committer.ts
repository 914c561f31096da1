import { currentMoment, type Moment } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { type CreatedDeliveries, findStoredEvents, type StoredDelivery } from '@posthorn/database/events';
import type { JustStored, TenantJob } from '@posthorn/flow';
import type { QueueName } from './accept-queues.js';
import type { BatchResult } from '../events/publish-result.js';
import { batchResults } from './batch-results.js';
import type { BatchSizer } from './batch-sizer.js';
import {
  type CandidateEvent,
  type IdentityOptions,
  originalIdOf,
  type PendingEvent,
} from '../events/compose-event.js';
import type { CostlyEvents } from '../rules/costly-events.js';
import type { InstallationRetention } from '../events/effective-retention.js';
import { createEvaluator, type Evaluation, markDeferring, storedOf } from '../rules/evaluate.js';
import { commitEvaluation } from './event-writer.js';
import type { TenantEventType } from '../events/fan-out-estimator.js';
import { COSTLY_BUDGET, REGULAR_BUDGET } from '../rules/filter-budget.js';
import type { HeadEnqueuer } from '../jobs/head-enqueuer.js';
import type { JobEnqueuer } from '../jobs/job-enqueuer.js';
import { keysToCheck, settleChecks } from '../events/key-checks.js';
import { createRuleReader } from './rule-reader.js';
import type { SequencedTypes } from '../events/sequenced-events.js';

interface BatchCommitterDeps {
  pool: Pool;
  /** Runs the statements of the batches, with generic plans. */
  hotPathPool: Pool;
  sizer: BatchSizer;
  costlyEvents: CostlyEvents;
  sequencedTypes: SequencedTypes;
  enqueuer: JobEnqueuer;
  heads: HeadEnqueuer;
  /** Whether deliveries may start in this process. */
  canStart: boolean;
  retention: InstallationRetention;
  payloadKeys: PayloadKeys;
}

/** Maximum number of times that events are committed again because their original has expired meanwhile, or is erased. */
const MAX_REPEATS = 3;

/** Evaluates batches of events, commits them, and enqueues their deliveries. */
export class BatchCommitter {
  readonly #deps: BatchCommitterDeps;
  readonly #ruleReader: ReturnType<typeof createRuleReader>;
  readonly #evaluators: Record<QueueName, ReturnType<typeof createEvaluator>>;

  constructor(deps: BatchCommitterDeps) {
    this.#deps = deps;
    this.#ruleReader = createRuleReader(deps.hotPathPool, deps.sequencedTypes);
    const { retention } = deps;
    this.#evaluators = {
      regular: createEvaluator({ budget: REGULAR_BUDGET, isOrdered: false, retention }),
      // Has its own cache, so that costly filters do not displace the filters of others.
      costly: createEvaluator({ budget: COSTLY_BUDGET, isOrdered: false, retention }),
      ordered: createEvaluator({ budget: COSTLY_BUDGET, isOrdered: true, retention }),
    };
  }

  /** Accepts events again whose original has expired between the commit and its lookup, or is erased. */
  async accept(
    queue: QueueName,
    batch: readonly PendingEvent[],
    repeats = MAX_REPEATS,
  ): Promise<BatchResult[]> {
    const results = await this.#commit(queue, batch, { isRepeat: repeats < MAX_REPEATS });
    const expired = batch.filter((_event, index) => results[index] === null);
    if (expired.length > 0 && repeats === 0) throw new Error('An event is neither new nor a duplicate');
    const repeated = expired.length > 0 ? await this.accept(queue, expired, repeats - 1) : [];
    return results.flatMap((result) => result ?? repeated.shift() ?? []);
  }

  async #commit(
    queue: QueueName,
    batch: readonly PendingEvent[],
    { isRepeat }: { isRepeat: boolean },
  ): Promise<(BatchResult | null)[]> {
    const { enqueuer, heads, sizer, hotPathPool } = this.#deps;
    await enqueuer.ready();
    if (queue === 'ordered') await heads.ready();
    const identity = { ...(await this.#readIdentity(batch)), isRepeat };
    const { evaluation, accepted, readAt } = await this.#evaluateAndCommit(batch, { queue, identity });
    const fanOuts = fanOutsOf(evaluation, accepted);
    sizer.learn(fanOuts);
    enqueuer.enqueue(fanOuts.flatMap((fanOut) => jobsOf(fanOut, readAt)));
    heads.enqueue(fanOuts.flatMap(chainedIdsOf));
    // On these connections, because the lookup of duplicates may wait for replicas, as storing events does.
    return batchResults(hotPathPool, evaluation, accepted);
  }

  /** Looks up only old pushes: usually there are none. */
  async #readIdentity(batch: readonly PendingEvent[]): Promise<IdentityOptions> {
    const now = new Date();
    const ids = batch.flatMap(({ event }) => originalIdOf(event, now) ?? []);
    return { now, storedIds: await findStoredEvents(this.#deps.pool, ids) };
  }

  /**
   * Repeats both steps while rules change between reading and committing, which the rule reader bounds, and without the events of
   * refused keys, and with other ids than those of erased events.
   */
  async #evaluateAndCommit(
    batch: readonly PendingEvent[],
    { queue, identity }: { queue: QueueName; identity: IdentityOptions },
  ): Promise<{ evaluation: Evaluation; accepted: CreatedDeliveries[]; readAt: Moment }> {
    const { sizer, hotPathPool, costlyEvents, canStart, payloadKeys } = this.#deps;
    const erasedIds = new Set<string>();
    const timeoutMs = sizer.timeoutMs(batch);
    const withStored = canStart && sizer.expectsAtMost(MAX_STARTABLE, batch);
    let rules = await this.#ruleReader.read(batch);
    for (;;) {
      const evaluation = await this.#evaluators[queue](batch, rules, { ...identity, erasedIds });
      costlyEvents.learn(evaluation.filterTimings);
      const stored = storedOf(batch, evaluation);
      const { verification } = rules;
      const readAt = currentMoment();
      const commit = await sizer.measure(batch, () =>
        commitEvaluation(hotPathPool, evaluation, {
          verification,
          timeoutMs,
          withStored,
          hasSequences: queue === 'ordered',
          keys: keysToCheck(stored),
          payloadKeys,
        }),
      );
      if (commit === 'rules_changed') rules = await this.#ruleReader.reread(batch, rules);
      else if ('erasedIds' in commit) addErased(erasedIds, commit.erasedIds);
      else if ('refusedKeyIds' in commit) settleChecks(stored, commit.refusedKeyIds);
      else {
        // Not those of other events: the statement has not looked whether their tenant is deleted.
        settleChecks(stored, []);
        markDeferring(batch, evaluation);
        return { evaluation, accepted: commit, readAt };
      }
    }
  }
}

interface FanOut extends TenantEventType {
  event: CandidateEvent | undefined;
  deliveries: CreatedDeliveries['deliveries'];
  available: number;
}

function fanOutsOf({ candidates }: Evaluation, accepted: readonly CreatedDeliveries[]): FanOut[] {
  const candidateOf = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  return accepted.map(({ eventId, deliveries, available }) => {
    const event = candidateOf.get(eventId);
    const { tenantId = '', type = '' } = event ?? {};
    return { tenantId, type, event, deliveries, available };
  });
}

/** Of a batch with more deliveries, none starts in this process: it would read more than it can start. */
const MAX_STARTABLE = 100;

/** Returns the deliveries that start only if they wait for no other one. */
const chainedIdsOf = ({ deliveries }: FanOut): string[] =>
  deliveries.flatMap(({ id, isChained }) => (isChained ? [id] : []));

/** Returns the jobs of the other deliveries. @param readAt when the statement that stored the deliveries was sent, or earlier */
function jobsOf({ tenantId, event, deliveries }: FanOut, readAt: Moment): TenantJob[] {
  return deliveries.flatMap(({ id, lane, isChained, stored }) => {
    if (isChained) return [];
    const read = event && stored ? justStored(event, stored, readAt) : null;
    return [{ deliveryId: id, lane, tenantId, stored: read }];
  });
}

function justStored(
  { id, type, body, traceContext = null, attributes = null }: CandidateEvent,
  stored: StoredDelivery,
  readAt: Moment,
): JustStored {
  return { eventId: id, ...stored, eventType: type, body, traceContext, attributes, readAt };
}

/** @throws Error if all are known: evaluated again, the batch would be refused again */
function addErased(known: Set<string>, ids: readonly string[]): void {
  const { size } = known;
  for (const id of ids) known.add(id);
  if (known.size === size) throw new Error('ids of erased events were refused again');
}

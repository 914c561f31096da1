import { type CallTimeout, GroupCommit, type GroupCommitOptions } from '@posthorn/core';
import type { PublishResult, BatchResult } from '../events/publish-result.js';
import { type BatchSizer, SMALL_BACKLOG } from './batch-sizer.js';
import type { PendingEvent } from '../events/compose-event.js';
import type { CostlyEvents } from '../rules/costly-events.js';
import type { TenantEventType } from '../events/fan-out-estimator.js';
import { COSTLY_BUDGET } from '../rules/filter-budget.js';
import type { SequencedTypes } from '../events/sequenced-events.js';

/**
 * Events whose filters are costly have a separate queue, so that the events of other tenants do not wait for their evaluation. So have
 * events for webhooks that number their deliveries: their batches wait for the counters that other processes hold.
 */
export type QueueName = 'regular' | 'costly' | 'ordered';

interface AcceptQueuesDeps {
  acceptBatch: (queue: QueueName, batch: readonly PendingEvent[]) => Promise<BatchResult[]>;
  sizer: BatchSizer;
  costlyEvents: CostlyEvents;
  sequencedTypes: SequencedTypes;
  options: Pick<GroupCommitOptions<PendingEvent>, 'maxBatch' | 'maxFlushes' | 'isItemError'>;
}

/** The results of the deferred events of a call, at their places in the call. */
type ResubmittedResults = (Promise<PublishResult> | undefined)[];

/** The queues of events that wait to be stored. An event that its batch defers waits again, in another queue. */
export class AcceptQueues {
  readonly #deps: AcceptQueuesDeps;
  readonly #queues: Record<QueueName, GroupCommit<PendingEvent, BatchResult>>;

  constructor(deps: AcceptQueuesDeps) {
    this.#deps = deps;
    this.#queues = {
      regular: this.#newQueue('regular'),
      costly: this.#newQueue('costly'),
      ordered: this.#newQueue('ordered'),
    };
  }

  #newQueue(name: QueueName): GroupCommit<PendingEvent, BatchResult> {
    const { acceptBatch, sizer, options } = this.#deps;
    const weigh = (pending: PendingEvent) => sizer.weigh(pending);
    const weighCostly = (pending: PendingEvent) =>
      Math.max(weigh(pending), this.#shareOfBudget(pending) * sizer.maxWeight);
    return new GroupCommit((batch: PendingEvent[]) => acceptBatch(name, batch), {
      ...options,
      weigh: name === 'regular' ? weigh : weighCostly,
      maxWeight: () => sizer.maxWeight,
      // Costly events are evaluated one batch at a time, and ordered ones keep their order.
      ...(name !== 'regular' && { maxFlushes: 1 }),
      smallBacklog: SMALL_BACKLOG,
      ownerOf: ({ event }) => event.tenantId,
    });
  }

  /** Queues the events of one call, all in the same queue. */
  submit(call: readonly PendingEvent[], timeout?: CallTimeout): Promise<PublishResult>[] {
    return this.#submitTo(this.#queueOf(call.map(({ event }) => event)), call, timeout);
  }

  /** Returns the expected time until new events of one call are part of a batch, in milliseconds. */
  expectedWaitMs(call: readonly TenantEventType[]): number {
    const { regular, costly, ordered } = this.#queues;
    // An event that is not known as costly may be deferred.
    const queues = this.#queueOf(call) === 'ordered' ? [ordered] : [regular, costly];
    const waitsMs = [...onePerTenant(call)].flatMap((event) => {
      const item = { owner: event.tenantId, weight: this.#deps.sizer.weighRows(event) };
      return queues.map((queue) => queue.expectedWaitMs(item));
    });
    return Math.max(0, ...waitsMs);
  }

  #queueOf(call: readonly TenantEventType[]): QueueName {
    const { sequencedTypes, costlyEvents } = this.#deps;
    if (call.some((event) => sequencedTypes.has(event))) return 'ordered';
    return call.some((event) => costlyEvents.expectedMs(event) !== null) ? 'costly' : 'regular';
  }

  #submitTo(
    queue: QueueName,
    call: readonly PendingEvent[],
    timeout: CallTimeout | undefined,
  ): Promise<PublishResult>[] {
    const submitted = { hasDeferred: false };
    for (const pending of call) pending.call = submitted;
    const results = this.#queues[queue].submit(call, timeout);
    // Other events of a larger call may already be stored, so it can no longer time out.
    const timeoutAgain = call.length === 1 ? timeout : undefined;
    let again: Promise<ResubmittedResults> | undefined;
    return results.map(async (first, index) => {
      const result = await first;
      if (result.status === 'failed') throw result.error;
      if (result.status !== 'deferred') return result;
      again ??= this.#submitDeferred(call, results, timeoutAgain);
      const final = (await again)[index];
      if (!final) throw new Error('A deferred event was not submitted again');
      return final;
    });
  }

  /**
   * Submits the deferred events of a call again when all its results are known: together, in their order. None of them is stored if an
   * earlier one may have to be published again.
   */
  async #submitDeferred(
    call: readonly PendingEvent[],
    results: readonly Promise<BatchResult>[],
    timeout: CallTimeout | undefined,
  ): Promise<ResubmittedResults> {
    const queues = (await Promise.allSettled(results)).map((result) => {
      if (result.status === 'fulfilled')
        return result.value.status === 'deferred' ? result.value.queue : undefined;
      if (this.#deps.options.isItemError?.(result.reason)) return undefined;
      throw result.reason;
    });
    const deferred = call.filter((_pending, index) => queues[index]);
    const again = this.#submitTo(queues.includes('ordered') ? 'ordered' : 'costly', deferred, timeout);
    return queues.map((queue) => queue && again.shift());
  }

  /** Returns the part of a batch's filter budget that an event needs. */
  #shareOfBudget({ event }: PendingEvent): number {
    return (this.#deps.costlyEvents.expectedMs(event) ?? 0) / COSTLY_BUDGET.totalMs;
  }
}

function onePerTenant(events: readonly TenantEventType[]): Iterable<TenantEventType> {
  return new Map(events.map((event) => [event.tenantId, event])).values();
}

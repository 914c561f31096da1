import { type CallTimeout, GroupCommit, type GroupCommitOptions } from '@posthorn/core';
import type { AcceptResult, BatchResult } from './accept-result.js';
import { type BatchSizer, SMALL_BACKLOG } from './batch-sizer.js';
import type { PendingEvent } from './compose-event.js';
import type { CostlyEvents } from './costly-events.js';
import type { TenantEventType } from './fan-out-estimator.js';
import { COSTLY_BUDGET } from './filter-budget.js';

/** Events whose filters are costly have a separate queue, so that the events of other tenants do not wait for their evaluation. */
export type QueueName = 'regular' | 'costly';

export interface AcceptQueuesDeps {
  acceptBatch: (queue: QueueName, batch: readonly PendingEvent[]) => Promise<BatchResult[]>;
  sizer: BatchSizer;
  costlyEvents: CostlyEvents;
  options: Pick<GroupCommitOptions<PendingEvent>, 'maxBatch' | 'maxFlushes' | 'isItemError'>;
}

/** The queues of events that wait to be stored. An event that its batch defers waits again, among the costly ones. */
export class AcceptQueues {
  readonly #queues: Record<QueueName, GroupCommit<PendingEvent, BatchResult>>;
  readonly #costlyEvents: CostlyEvents;
  readonly #sizer: BatchSizer;

  constructor({ acceptBatch, sizer, costlyEvents, options }: AcceptQueuesDeps) {
    this.#costlyEvents = costlyEvents;
    this.#sizer = sizer;
    const weigh = (pending: PendingEvent) => sizer.weigh(pending);
    const weighCostly = (pending: PendingEvent) =>
      Math.max(weigh(pending), this.#shareOfBudget(pending) * sizer.maxWeight);
    const newQueue = (name: QueueName) =>
      new GroupCommit((batch: PendingEvent[]) => acceptBatch(name, batch), {
        ...options,
        weigh: name === 'costly' ? weighCostly : weigh,
        maxWeight: () => sizer.maxWeight,
        // Costly events are evaluated one batch at a time.
        ...(name === 'costly' && { maxFlushes: 1 }),
        smallBacklog: SMALL_BACKLOG,
        ownerOf: ({ event }) => event.tenantId,
      });
    this.#queues = { regular: newQueue('regular'), costly: newQueue('costly') };
  }

  /** Queues the events of one call, all in the same queue. */
  submit(call: readonly PendingEvent[], timeout?: CallTimeout): Promise<AcceptResult>[] {
    const isCostly = call.some(({ event }) => this.#costlyEvents.expectedMs(event) !== null);
    const results = this.#queues[isCostly ? 'costly' : 'regular'].submit(call, timeout);
    // Other events of a larger call may already be stored, so it can no longer time out.
    const timeoutAgain = call.length === 1 ? timeout : undefined;
    return results.map((result, index) => this.#untilStored(result, call[index], timeoutAgain));
  }

  /** Returns the expected time until a new event is part of a batch, in milliseconds. */
  expectedWaitMs(event: TenantEventType): number {
    const item = { owner: event.tenantId, weight: this.#sizer.weighRows(event) };
    const { regular, costly } = this.#queues;
    return Math.max(regular.expectedWaitMs(item), costly.expectedWaitMs(item));
  }

  async #untilStored(
    first: Promise<BatchResult>,
    pending: PendingEvent | undefined,
    timeout: CallTimeout | undefined,
  ): Promise<AcceptResult> {
    for (let result = await first; ;) {
      if (result.status === 'failed') throw result.error;
      if (result.status !== 'deferred') return result;
      const [again] = this.#queues.costly.submit(pending ? [pending] : [], timeout);
      if (!again) throw new Error('submit returned no result');
      result = await again;
    }
  }

  /** Returns the part of a batch's filter budget that an event needs. */
  #shareOfBudget({ event }: PendingEvent): number {
    return (this.#costlyEvents.expectedMs(event) ?? 0) / COSTLY_BUDGET.totalMs;
  }
}

import { type Deadline, type Part, settlesWithin } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { JustStored, StartOrReturn, TenantJob } from '@posthorn/flow';
import type { DeliveryConsumer, DeliveryTask, TaskResult } from '@posthorn/queue';
import type { KnownWebhooks } from '../store/known-webhooks.js';
import type { DeliveryRunner } from './delivery-runner.js';
import type { LanePermits } from './lane-permits.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { WorkerRoom } from './worker-room.js';

interface LocalStartsDeps {
  runner: Pick<DeliveryRunner, 'run' | 'runStored'>;
  /** The fast lane; undefined before it is open. */
  lane: () => Pick<DeliveryConsumer, 'hasBacklog' | 'addRunning'> | undefined;
  permits: Pick<LanePermits, 'hasRoomFor'>;
  webhooks: KnownWebhooks;
  /** Counts started deliveries. */
  count: (started: number) => void;
  room: Pick<WorkerRoom, 'isOnlyElsewhere'>;
  onError: (error: unknown) => void;
}

/** Maximum number of deliveries of a batch that start in this process. Other processes run the others sooner. */
const MAX_STARTS = 16;

/** A delivery that has not ended after this time gets a job, in milliseconds. Far less than the time after which a job counts as missing. */
const JOB_AFTER_MS = 500;

/**
 * Runs deliveries that this process has just stored in its own worker, when that has room. So a delivery needs neither Redis nor a wake-up of a
 * worker, and the statement that stored it is its read. Most end within milliseconds, without a job. Others get one, which is the same as if this
 * worker had fetched it: those that take longer, or run again. If the process dies before, the reconciler finds the delivery.
 */
export class LocalStarts implements Part {
  readonly #deps: LocalStartsDeps;
  /** The results of the deliveries without a job. */
  readonly #running = new Map<string, Promise<TaskResult>>();
  #isStopping = false;

  constructor(deps: LocalStartsDeps) {
    this.#deps = deps;
  }

  readonly startOrReturn: StartOrReturn = (jobs) => {
    const candidates = this.#candidatesOf(jobs);
    const started = new Set(candidates.filter((job) => this.#start(job)));
    if (started.size > 0) this.#deps.count(started.size);
    return jobs.filter((job) => !started.has(job));
  };

  /** Runs a job, unless its delivery runs here already: then the job ends with it. */
  run(task: DeliveryTask): Promise<TaskResult> {
    // A delivery that was made pending again runs again.
    const result = task.requeued ? undefined : this.#running.get(task.deliveryId);
    if (!result) return this.#deps.runner.run(task);
    this.#running.delete(task.deliveryId);
    return result;
  }

  /** Adds the jobs of what still runs, so that the lane waits for it, and gives it to another worker at the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    this.#isStopping = true;
    const added = Array.from(this.#running.keys(), (deliveryId) => this.#addJob(deliveryId));
    await settlesWithin(Promise.all(added), deadline.remainingMs);
  }

  /** Starts a delivery. Returns false if this process has no room for it. */
  #start({ deliveryId, tenantId, stored }: TenantJob): boolean {
    const webhook = stored && this.#deps.webhooks.recall(stored.webhookId, stored.webhookVersion);
    // A shadow gets no requests. A failing webhook would use a permit of the lane for long; it waits its turn.
    if (!webhook || webhook.sentFromEpoch === null || webhook.failingSince !== null) return false;
    if (!this.#deps.permits.hasRoomFor('fast', tenantId)) return false;
    const result = this.#deps.runner.runStored(taskOf(deliveryId), toRead(deliveryId, stored, webhook));
    this.#running.set(deliveryId, result);
    void this.#watch(deliveryId, result);
    return true;
  }

  async #watch(deliveryId: string, result: Promise<TaskResult>): Promise<void> {
    try {
      const isEnded = await settlesWithin(result, JOB_AFTER_MS);
      if (isEnded && (await result).reschedule === null) return void this.#running.delete(deliveryId);
    } catch (error) {
      this.#deps.onError(error);
    }
    await this.#addJob(deliveryId);
  }

  /** Adds the job of a delivery that runs or has to run again, unless it ends while Redis is unavailable. Then the reconciler adds it. */
  async #addJob(deliveryId: string): Promise<void> {
    for (let result = this.#running.get(deliveryId); result; result = this.#running.get(deliveryId)) {
      if (await this.#deps.lane()?.addRunning(deliveryId)) return;
      if (await settlesWithin(Promise.allSettled([result]), JOB_AFTER_MS)) this.#running.delete(deliveryId);
    }
  }

  /** Returns the jobs whose deliveries this process may start. */
  #candidatesOf(jobs: readonly TenantJob[]): TenantJob[] {
    if (this.#isStopping || (this.#deps.lane()?.hasBacklog ?? true)) return [];
    const candidates = jobs.filter(({ lane, stored }) => lane === 'fast' && stored);
    return candidates.length === 0 || this.#deps.room.isOnlyElsewhere ? [] : candidates.slice(0, MAX_STARTS);
  }
}

/** The job that the delivery would have. */
const taskOf = (deliveryId: string): DeliveryTask => ({
  deliveryId,
  lane: 'fast',
  released: false,
  requeued: false,
  prioritized: false,
  isNext: false,
  priority: 0,
  crashes: 0,
  addedAt: Date.now(),
});

function toRead(id: string, stored: JustStored, webhook: LoadedDelivery['webhook']): DeliveryRead {
  const { eventId, epoch, nextAttemptAt, body, eventType, traceContext, attributes, readAt } = stored;
  return {
    loaded: {
      delivery: {
        id,
        eventId,
        epoch,
        attemptCount: 0,
        unscheduledAttempts: 0,
        nextAttemptAt,
        dueInMs: 0,
        replayed: false,
        isCancelled: false,
        formatId: null,
        // Deliveries with a number are read.
        sequence: null,
        chain: null,
        orderingKey: null,
        isHead: true,
        firstAttemptAt: null,
      },
      webhook,
      body,
      isErased: false,
      eventType,
      traceContext,
      attributes,
    },
    readAt,
    dueAtMs: readAt.monotonicMs,
  };
}

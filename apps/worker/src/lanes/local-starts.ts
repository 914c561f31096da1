import { type Deadline, type Part, settlesWithin } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { JustStored, StartOrReturn, TenantJob } from '@posthorn/flow';
import type { DeliveryConsumer, DeliveryTask, TaskResult } from '@posthorn/queue';
import type { KnownWebhooks } from '../store/known-webhooks.js';
import type { LanePermits } from './lane-permits.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { WorkerRoom } from './worker-room.js';

interface LocalStartsDeps {
  /** Runs a delivery as a job of the fast lane. */
  run: (task: DeliveryTask) => Promise<TaskResult>;
  /** The fast lane; undefined before it is open. */
  lane: () => Pick<DeliveryConsumer, 'hasBacklog' | 'addRunning'> | undefined;
  permits: Pick<LanePermits, 'hasRoomFor'>;
  webhooks: KnownWebhooks;
  /** Counts started deliveries. */
  count: (started: number) => void;
  room: Pick<WorkerRoom, 'isOnlyElsewhere'>;
  onError: (error: unknown) => void;
}

/** A delivery that is about to run. */
interface Start {
  tenantId: string;
  read: DeliveryRead;
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
  /** The deliveries that start now: `startOrReturn` puts them here, and `take` takes them out when they run (deliver.ts). */
  readonly #starting = new Map<string, Start>();
  /** The results of those without a job. */
  readonly #running = new Map<string, Promise<TaskResult>>();
  #isStopping = false;

  constructor(deps: LocalStartsDeps) {
    this.#deps = deps;
  }

  readonly startOrReturn: StartOrReturn = (jobs) => {
    const startable = this.#startableOf(jobs);
    if (startable.size === 0) return [...jobs];
    for (const [deliveryId, start] of startable) this.#start(deliveryId, start);
    this.#deps.count(startable.size);
    return jobs.filter(({ deliveryId }) => !startable.has(deliveryId));
  };

  /** Returns a delivery that starts now as it was stored, once. Undefined for others. */
  take(deliveryId: string): DeliveryRead | undefined {
    const start = this.#starting.get(deliveryId);
    this.#starting.delete(deliveryId);
    return start?.read;
  }

  /** Runs a job, unless its delivery runs here already: then the job ends with it. */
  run(task: DeliveryTask): Promise<TaskResult> {
    // A delivery that was made pending again runs again.
    const result = task.requeued ? undefined : this.#running.get(task.deliveryId);
    if (!result) return this.#deps.run(task);
    this.#running.delete(task.deliveryId);
    return result;
  }

  /** Adds the jobs of what still runs, so that the lane waits for it, and gives it to another worker at the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    this.#isStopping = true;
    const added = Array.from(this.#running.keys(), (deliveryId) => this.#addJob(deliveryId));
    await settlesWithin(Promise.all(added), deadline.remainingMs);
  }

  #start(deliveryId: string, start: Start): void {
    this.#starting.set(deliveryId, start);
    const result = this.#deps.run(taskOf(deliveryId));
    this.#running.set(deliveryId, result);
    void this.#watch(deliveryId, result);
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

  /** Returns the deliveries that this process has room for. */
  #startableOf(jobs: readonly TenantJob[]): Map<string, Start> {
    const startable = new Map<string, Start>();
    if (this.#isStopping || (this.#deps.lane()?.hasBacklog ?? true)) return startable;
    const candidates = jobs.filter(({ lane, stored }) => lane === 'fast' && stored);
    if (candidates.length === 0 || this.#deps.room.isOnlyElsewhere) return startable;
    const tenants = Array.from(this.#starting.values(), ({ tenantId }) => tenantId);
    for (const { deliveryId, tenantId, stored } of candidates.slice(0, MAX_STARTS)) {
      const webhook = stored && this.#deps.webhooks.recall(stored.webhookId, stored.webhookVersion);
      // A shadow gets no requests. A failing webhook would use a permit of the lane for long; it waits its turn.
      if (!webhook || webhook.sentFromEpoch === null || webhook.failingSince !== null) continue;
      const ofTenant = tenants.filter((id) => id === tenantId).length;
      if (!this.#deps.permits.hasRoomFor('fast', tenantId, { starting: tenants.length, ofTenant })) continue;
      tenants.push(tenantId);
      startable.set(deliveryId, { tenantId, read: toRead(deliveryId, stored, webhook) });
    }
    return startable;
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

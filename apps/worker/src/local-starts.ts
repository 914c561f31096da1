import type { LoadedDelivery } from '@posthorn/database';
import type { JustStored, StartHere, TenantJob } from '@posthorn/flow';
import type { DeliveryConsumer } from '@posthorn/queue';
import type { KnownWebhooks } from './known-webhooks.js';
import type { LanePermits } from './lane-permits.js';
import type { DeliveryRead } from './run-state.js';

export interface LocalStartsDeps {
  /** Starts deliveries of the fast lane. */
  startHere: DeliveryConsumer['startHere'];
  permits: Pick<LanePermits, 'hasRoomFor'>;
  webhooks: KnownWebhooks;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
  onError: (error: unknown) => void;
}

/** Maximum number of deliveries of a batch that start in this process. Other processes run the others sooner. */
const MAX_STARTS = 16;

/** Above this event loop utilization none start: another process may be idle. */
const MAX_UTILIZATION = 0.8;

/**
 * Starts deliveries that this process has just stored in its own worker, when that has room. So a delivery needs neither a wake-up of a
 * worker nor a fetch from Redis, and the statement that stored it is its read. Its job is the same as if it had been fetched.
 */
export class LocalStarts {
  readonly #deps: LocalStartsDeps;
  /** The deliveries that start now. */
  readonly #stored = new Map<string, JustStored>();

  constructor(deps: LocalStartsDeps) {
    this.#deps = deps;
  }

  readonly start: StartHere = async (jobs) => {
    const startable = this.#startableOf(jobs);
    if (startable.length === 0) return [...jobs];
    for (const { deliveryId, stored } of startable) if (stored) this.#stored.set(deliveryId, stored);
    try {
      const started = await this.#deps.startHere(startable.map(({ deliveryId }) => deliveryId));
      return jobs.filter(({ deliveryId }) => !started.has(deliveryId));
    } catch (error) {
      this.#deps.onError(error);
      return [...jobs];
    } finally {
      for (const { deliveryId } of startable) this.#stored.delete(deliveryId);
    }
  };

  /** Returns a delivery that starts now as it was stored, once. Undefined for others, and if its webhook must be read. */
  take(deliveryId: string): DeliveryRead | undefined {
    const stored = this.#stored.get(deliveryId);
    this.#stored.delete(deliveryId);
    const webhook = stored && this.#deps.webhooks.recall(stored.webhookId, stored.webhookVersion);
    return webhook && toRead(deliveryId, stored, webhook);
  }

  #startableOf(jobs: readonly TenantJob[]): TenantJob[] {
    const { utilization } = this.#deps;
    const candidates = jobs.filter(({ lane, stored }) => lane === 'fast' && stored);
    if (candidates.length === 0 || utilization() > MAX_UTILIZATION) return [];
    return candidates.slice(0, MAX_STARTS).filter((job, index) => this.#canStart(job, index));
  }

  /** @param others the number of deliveries that start before it */
  #canStart({ tenantId, stored }: TenantJob, others: number): boolean {
    const webhook = stored && this.#deps.webhooks.recall(stored.webhookId, stored.webhookVersion);
    // The shadow of a webhook gets no requests, and one that fails runs beside others that do.
    if (webhook && (webhook.sentFromEpoch === null || webhook.failingSince !== null)) return false;
    return this.#deps.permits.hasRoomFor('fast', { tenantId, others });
  }
}

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
        formatId: null,
      },
      webhook,
      body,
      eventType,
      traceContext,
      attributes,
    },
    readAt,
    dueAtMs: readAt.monotonicMs,
  };
}

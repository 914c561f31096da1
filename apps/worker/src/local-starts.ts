import { settlesWithin } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import type { JustStored, StartOrReturn, TenantJob } from '@posthorn/flow';
import type { DeliveryConsumer } from '@posthorn/queue';
import type { KnownWebhooks } from './known-webhooks.js';
import type { LanePermits } from './lane-permits.js';
import type { DeliveryRead } from './run-state.js';

interface LocalStartsDeps {
  /** Starts deliveries of the fast lane. */
  startHere: DeliveryConsumer['startHere'];
  permits: Pick<LanePermits, 'hasRoomFor'>;
  webhooks: KnownWebhooks;
  /** Counts started deliveries. */
  count: (started: number) => void;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
}

interface Start {
  tenantId: string;
  read: DeliveryRead;
}

/** Maximum number of deliveries of a batch that start in this process. Other processes run the others sooner. */
const MAX_STARTS = 16;

/** Above this event loop utilization none start: another process may be idle. */
const MAX_UTILIZATION = 0.8;

/** How long a batch waits for Redis, in milliseconds. Then its jobs are added as usual, which has no effect for those that started. */
const TIMEOUT_MS = 250;

/**
 * Starts deliveries that this process has just stored in its own worker, when that has room. So a delivery needs neither a wake-up of a
 * worker nor a fetch from Redis, and the statement that stored it is its read. Its job is the same as if it had been fetched.
 */
export class LocalStarts {
  readonly #deps: LocalStartsDeps;
  /** The deliveries that start now: `start` puts them here, and `take` takes them out when their jobs run (deliver.ts). */
  readonly #starting = new Map<string, Start>();

  constructor(deps: LocalStartsDeps) {
    this.#deps = deps;
  }

  readonly start: StartOrReturn = async (jobs) => {
    const startable = this.#startableOf(jobs);
    if (startable.length === 0) return [...jobs];
    for (const { deliveryId, start } of startable) this.#starting.set(deliveryId, start);
    const starting = this.#deps.startHere(startable.map(({ deliveryId }) => deliveryId));
    try {
      if (!(await settlesWithin(starting, TIMEOUT_MS))) return [...jobs];
      const started = await starting;
      this.#deps.count(started.size);
      return jobs.filter(({ deliveryId }) => !started.has(deliveryId));
    } finally {
      for (const { deliveryId } of startable) this.#starting.delete(deliveryId);
    }
  };

  /** Returns a delivery that starts now as it was stored, once. Undefined for others. */
  take(deliveryId: string): DeliveryRead | undefined {
    const start = this.#starting.get(deliveryId);
    this.#starting.delete(deliveryId);
    return start?.read;
  }

  /** Returns the deliveries that this process has room for. */
  #startableOf(jobs: readonly TenantJob[]): { deliveryId: string; start: Start }[] {
    const candidates = jobs.filter(({ lane, stored }) => lane === 'fast' && stored);
    if (candidates.length === 0 || this.#deps.utilization() > MAX_UTILIZATION) return [];
    const tenants = Array.from(this.#starting.values(), ({ tenantId }) => tenantId);
    return candidates.slice(0, MAX_STARTS).flatMap(({ deliveryId, tenantId, stored }) => {
      const webhook = stored && this.#deps.webhooks.recall(stored.webhookId, stored.webhookVersion);
      // A shadow gets no requests. A failing webhook would use a permit of the lane for long; it waits its turn.
      if (!webhook || webhook.sentFromEpoch === null || webhook.failingSince !== null) return [];
      const ofTenant = tenants.filter((id) => id === tenantId).length;
      if (!this.#deps.permits.hasRoomFor('fast', tenantId, { starting: tenants.length, ofTenant })) return [];
      tenants.push(tenantId);
      return [{ deliveryId, start: { tenantId, read: toRead(deliveryId, stored, webhook) } }];
    });
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

import { groupCommit, settlesWithin } from '@posthorn/core';
import { LRUCache } from 'lru-cache';

/** The properties of an event on which its fan-out depends. */
export interface TenantEventType {
  tenantId: string;
  type: string;
}

/** Returns the number of subscriptions that match each type, in the same order. */
export type CountSubscriptions = (types: readonly TenantEventType[]) => Promise<number[]>;

const MAX_ESTIMATES = 10_000;

/** After this time without an event of a type, its subscriptions are counted again. */
const EXPIRY_MS = 60_000;

/** Longest time to wait for the subscriptions to be counted. */
const COUNT_TIMEOUT_MS = 500;

/** The share of an estimate that remains after a batch with smaller fan-outs, such as of events that a filter excludes. */
const DECAY = 0.9;

/**
 * Estimates how many deliveries an event creates, to size batches: from the subscriptions at first, then from the latest
 * events of its type. Filters may make the real number smaller; new subscriptions may make it larger until the next event.
 */
export class FanOutEstimator {
  readonly #byType = new LRUCache<string, number>({ max: MAX_ESTIMATES, ttl: EXPIRY_MS });
  readonly #count: (type: TenantEventType) => Promise<void>;

  constructor(countSubscriptions: CountSubscriptions) {
    this.#count = groupCommit(async (types: TenantEventType[]) => {
      const counts = await countSubscriptions(types);
      return types.map((type, index) => this.#set(type, counts[index] ?? 0));
    });
  }

  /** Returns the estimate for a type, or null if it is unknown. */
  estimate(type: TenantEventType): number | null {
    return this.#byType.get(keyOf(type)) ?? null;
  }

  /** Returns the types among `events` without an estimate. */
  unknown(events: readonly TenantEventType[]): TenantEventType[] {
    const unknown = events.filter((event) => !this.#byType.has(keyOf(event)));
    return [...new Map(unknown.map((event) => [keyOf(event), event])).values()];
  }

  /** Counts the subscriptions of types. They remain unknown if PostgreSQL does not respond in time. */
  async count(types: readonly TenantEventType[]): Promise<void> {
    const counted = Promise.all(types.map(this.#count));
    await settlesWithin(counted, COUNT_TIMEOUT_MS).catch(() => false);
  }

  learn(fanOuts: readonly (TenantEventType & { deliveries: readonly unknown[]; available: number })[]): void {
    const largest = new Map<string, TenantEventType & { deliveries: number }>();
    for (const { tenantId, type, deliveries, available } of fanOuts) {
      const key = keyOf({ tenantId, type });
      const before = largest.get(key)?.deliveries ?? 0;
      largest.set(key, { tenantId, type, deliveries: Math.max(before, deliveries.length + available) });
    }
    for (const { deliveries, ...type } of largest.values()) {
      this.#set(type, Math.max(deliveries, (this.estimate(type) ?? 0) * DECAY));
    }
  }

  /** Forgets the estimates of types, so that their subscriptions are counted again. */
  forget(types: readonly TenantEventType[]): void {
    for (const type of types) this.#byType.delete(keyOf(type));
  }

  #set(type: TenantEventType, deliveries: number): void {
    this.#byType.set(keyOf(type), deliveries);
  }
}

const keyOf = ({ tenantId, type }: TenantEventType): string => `${tenantId} ${type}`;

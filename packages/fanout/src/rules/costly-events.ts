import { LRUCache } from 'lru-cache';
import type { FilterTiming } from './evaluate-filters.js';

interface TenantEventType {
  tenantId: string;
  type: string;
}

const MAX_TYPES = 10_000;

/** An event whose filters take longer is costly, in milliseconds: 50 of them use up the regular budget of their tenant. */
const COSTLY_MS = 0.5;

/** Remembers which types of which tenants have costly filters. Their events are evaluated apart from the events of other tenants. */
export class CostlyEvents {
  readonly #msByType = new LRUCache<string, number>({ max: MAX_TYPES });

  /** Returns the expected time of the filters of an event, in milliseconds, or null if it is not costly. */
  expectedMs(event: TenantEventType): number | null {
    return this.#msByType.size === 0 ? null : (this.#msByType.get(keyOf(event)) ?? null);
  }

  learn(timings: readonly FilterTiming[]): void {
    for (const { tenantId, types, evaluatedEvents, ms, isOverBudget } of timings) {
      const msPerEvent = ms / Math.max(evaluatedEvents, 1);
      for (const type of types) {
        const key = keyOf({ tenantId, type });
        if (isOverBudget || msPerEvent > COSTLY_MS) this.#msByType.set(key, msPerEvent);
        else this.#msByType.delete(key);
      }
    }
  }
}

const keyOf = ({ tenantId, type }: TenantEventType): string => `${tenantId} ${type}`;

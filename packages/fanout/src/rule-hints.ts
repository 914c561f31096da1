import { patternsMatching } from '@posthorn/core';
import type { AcceptRules } from '@posthorn/database';
import { LRUCache } from 'lru-cache';

/** What decides, beside its data, which rules are about an event. */
export interface TypeOfTenant {
  tenantId: string;
  type: string;
}

const KEPT_TYPES = 10_000;

/**
 * The types of tenants that there were rules about when they were last read. A guess is all that it is for: a wrong one
 * costs a statement.
 */
export class RuledTypes {
  readonly #ruled = new LRUCache<string, true>({ max: KEPT_TYPES });

  mayBeAmong(events: readonly TypeOfTenant[]): boolean {
    return this.#ruled.size > 0 && events.some((event) => this.#ruled.has(keyOf(event)));
  }

  learn(events: readonly TypeOfTenant[], { tenants, schemas, filtered }: AcceptRules): void {
    const filters = new Set(filtered.map(({ tenantId, pattern }) => `${tenantId} ${pattern}`));
    for (const event of events) {
      const { tenantId, type } = event;
      const isRuled =
        !tenants.has(tenantId) ||
        schemas.has(type) ||
        patternsMatching(type).some((pattern) => filters.has(`${tenantId} ${pattern}`));
      if (isRuled) this.#ruled.set(keyOf(event), true);
      else this.#ruled.delete(keyOf(event));
    }
  }
}

const keyOf = ({ tenantId, type }: TypeOfTenant): string => `${tenantId} ${type}`;

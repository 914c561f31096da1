import type { AcceptRules } from '@posthorn/database/events';
import { LRUCache } from 'lru-cache';
import { patternMatcher } from '../events/sequenced-events.js';

/** The properties of an event, apart from its data, that decide which rules apply to it. */
interface TenantEventType {
  tenantId: string;
  type: string;
}

interface Item {
  event: TenantEventType;
}

const MAX_HINTS = 10_000;

/** Remembers which event types of which tenants had rules at the last read. A wrong hint only costs one statement. */
export class RuleHints {
  readonly #withRules = new LRUCache<string, true>({ max: MAX_HINTS });

  mayHaveRules(batch: readonly Item[]): boolean {
    return this.#withRules.size > 0 && batch.some(({ event }) => this.#withRules.has(keyOf(event)));
  }

  learn(batch: readonly Item[], rules: AcceptRules): void {
    const { tenants, payloadDays, historyDays, schemas, searchKeys, orderingPointers, filtered, sequenced } =
      rules;
    const hasWebhookRules = patternMatcher([...filtered, ...sequenced]);
    for (const { event } of batch) {
      const { tenantId, type } = event;
      const hasRules =
        tenants.get(tenantId) !== 'active' ||
        [payloadDays, historyDays].some((days) => days.tenants.has(tenantId) || days.types.has(type)) ||
        schemas.has(type) ||
        searchKeys.has(type) ||
        orderingPointers.has(type) ||
        hasWebhookRules(event);
      if (hasRules) this.#withRules.set(keyOf(event), true);
      else this.#withRules.delete(keyOf(event));
    }
  }
}

const keyOf = ({ tenantId, type }: TenantEventType): string => `${tenantId} ${type}`;

import type { FilteredSubscription, FilterResults } from '@posthorn/database';
import type { Filter } from '@posthorn/rules';
import type { CandidateEvent } from './compose-event.js';
import { cooperativeYield } from './cooperative-yield.js';

/**
 * Returns which events match the filters of which webhooks, and the revisions of all filters evaluated. Evaluates one
 * filter against all its events before the next one, which keeps it in the CPU cache, and yields to the event loop.
 */
export async function evaluateFilters(
  events: readonly CandidateEvent[],
  subscriptions: readonly FilteredSubscription[],
  filterOf: (text: string) => Filter,
): Promise<FilterResults> {
  const results = {
    eventIds: new Array<string>(),
    webhookIds: new Array<string>(),
    revisions: new Array<string>(),
  };
  if (subscriptions.length === 0) return results;
  const eventsOf = eventsByPattern(events);
  const yielder = cooperativeYield();
  for (const { webhookId, tenantId, pattern, filter, revision } of subscriptions) {
    results.revisions.push(revision);
    for (const { id, data } of eventsOf.get(keyOf(tenantId, pattern)) ?? []) {
      if (filterOf(filter).matches(data)) {
        results.eventIds.push(id);
        results.webhookIds.push(webhookId);
      }
      if (yielder.isDue()) await yielder.yield();
    }
  }
  return results;
}

function eventsByPattern(events: readonly CandidateEvent[]): Map<string, CandidateEvent[]> {
  const byPattern = new Map<string, CandidateEvent[]>();
  for (const event of events) {
    for (const pattern of event.patterns) {
      const key = keyOf(event.tenantId, pattern);
      const others = byPattern.get(key);
      if (others) others.push(event);
      else byPattern.set(key, [event]);
    }
  }
  return byPattern;
}

const keyOf = (tenantId: string, pattern: string) => `${tenantId} ${pattern}`;

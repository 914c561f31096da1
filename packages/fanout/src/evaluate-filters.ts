import type { FilteredSubscription, FilterResults, NewEvent } from '@posthorn/database';
import type { Filter } from '@posthorn/rules';
import { beginTurn } from './turn.js';

export interface EventWithData extends NewEvent {
  data: unknown;
}

/**
 * Asks the filters about a batch: which events fit the filter of which webhook. One filter after the other about all its
 * events, which keeps it in the processor's cache; others get the event loop in between.
 */
export async function askFilters(
  events: readonly EventWithData[],
  subscriptions: readonly FilteredSubscription[],
  filterOf: (text: string) => Filter,
): Promise<FilterResults> {
  const verdicts = {
    eventIds: new Array<string>(),
    webhookIds: new Array<string>(),
    revisions: new Array<string>(),
  };
  if (subscriptions.length === 0) return verdicts;
  const eventsOf = eventsByPattern(events);
  const turn = beginTurn();
  for (const { webhookId, tenantId, pattern, filter, revision } of subscriptions) {
    verdicts.revisions.push(revision);
    for (const { id, data } of eventsOf.get(keyOf(tenantId, pattern)) ?? []) {
      if (filterOf(filter).fits(data)) {
        verdicts.eventIds.push(id);
        verdicts.webhookIds.push(webhookId);
      }
      if (turn.isOver()) await turn.next();
    }
  }
  return verdicts;
}

function eventsByPattern(events: readonly EventWithData[]): Map<string, EventWithData[]> {
  const byPattern = new Map<string, EventWithData[]>();
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

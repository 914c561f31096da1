import { patternsMatching } from '@posthorn/core';
import {
  type AcceptedEvent,
  acceptEvents,
  type AcceptRules,
  type Pool,
  readAcceptRules,
} from '@posthorn/database';
import { askFilters, type EventWithData } from './ask-filters.js';
import { createFilters } from './filter/filter.js';

/** How often a batch is tried while filters are changed: each time they are read and asked anew. */
const MAX_TRIES = 3;

/** What is to be known before events like these are taken. */
export async function readRulesFor(
  pool: Pool,
  events: readonly { tenantId: string; type: string }[],
): Promise<AcceptRules> {
  const types = new Set(events.map(({ type }) => type));
  return readAcceptRules(pool, {
    tenantIds: new Set(events.map(({ tenantId }) => tenantId)),
    types,
    patterns: new Set([...types].flatMap(patternsMatching)),
  });
}

/**
 * Stores events and matches them. A filter that is set between reading the filters and storing is asked, too, before
 * anything is stored; whoever sets his over and over again may miss events by it, and holds up nobody.
 */
export function createTaker(pool: Pool) {
  const filterOf = createFilters();

  return async (events: readonly EventWithData[], rules: AcceptRules): Promise<AcceptedEvent[]> => {
    if (events.length === 0) return [];
    let { filtered } = rules;
    for (let tries = 1; tries < MAX_TRIES; tries += 1) {
      const accepted = await acceptEvents(pool, events, await askFilters(events, filtered, filterOf));
      if (accepted) return accepted;
      ({ filtered } = await readRulesFor(pool, events));
    }
    const { eventIds, webhookIds } = await askFilters(events, filtered, filterOf);
    return acceptEvents(pool, events, { eventIds, webhookIds });
  };
}

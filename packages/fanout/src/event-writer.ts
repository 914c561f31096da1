import { patternsMatching } from '@posthorn/core';
import {
  type AcceptedEvent,
  acceptEvents,
  type AcceptRules,
  acceptEventsWithoutRules,
  type Pool,
  readAcceptRules,
} from '@posthorn/database';
import { createFilters } from '@posthorn/rules';
import { askFilters, type EventWithData } from './ask-filters.js';
import { RuledTypes, type TypeOfTenant } from './ruled-types.js';

/** How often a batch is tried while filters are changed: each time they are read and asked anew. */
const MAX_TRIES = 3;

/** What became of a batch. */
export interface Taken<Verdict> {
  verdicts: (EventWithData | Verdict)[];
  /** Those among them that may be taken, and what of them is new. */
  events: EventWithData[];
  accepted: AcceptedEvent[];
}

/**
 * Judges events by the rules, stores those that may be taken, and matches them. Most events have no rules, and these are
 * read only where there were some the last time: the statement that stores says when there are some after all.
 *
 * A filter that is set between reading the filters and storing is asked, too, before anything is stored; whoever sets his
 * over and over again may miss events by it, and holds up nobody.
 */
export function createTaker(pool: Pool) {
  const filterOf = createFilters();
  const ruled = new RuledTypes();

  async function readRules(events: readonly TypeOfTenant[]): Promise<AcceptRules> {
    const types = new Set(events.map(({ type }) => type));
    const rules = await readAcceptRules(pool, {
      tenantIds: new Set(events.map(({ tenantId }) => tenantId)),
      types,
      patterns: new Set([...types].flatMap(patternsMatching)),
    });
    ruled.learn(events, rules);
    return rules;
  }

  async function store(events: readonly EventWithData[], rules: AcceptRules): Promise<AcceptedEvent[]> {
    let { filtered } = rules;
    for (let tries = 1; tries < MAX_TRIES; tries += 1) {
      const accepted = await acceptEvents(pool, events, await askFilters(events, filtered, filterOf));
      if (accepted) return accepted;
      ({ filtered } = await readRules(events));
    }
    const { eventIds, webhookIds } = await askFilters(events, filtered, filterOf);
    return acceptEvents(pool, events, { eventIds, webhookIds });
  }

  /** @param judge answers a verdict on each event, or the event as it is to be stored */
  return async <Verdict extends object>(
    incoming: readonly TypeOfTenant[],
    judge: (rules: AcceptRules) => Promise<(EventWithData | Verdict)[]>,
  ): Promise<Taken<Verdict>> => {
    if (!ruled.mayBeAmong(incoming)) {
      const verdicts = await judge(noRulesFor(incoming));
      const events = eventsAmong(verdicts);
      const accepted = await acceptEventsWithoutRules(pool, events);
      if (accepted) return { verdicts, events, accepted };
    }
    const rules = await readRules(incoming);
    const verdicts = await judge(rules);
    const events = eventsAmong(verdicts);
    return { verdicts, events, accepted: await store(events, rules) };
  };
}

const noRulesFor = (events: readonly TypeOfTenant[]): AcceptRules => ({
  tenants: new Set(events.map(({ tenantId }) => tenantId)),
  schemas: new Map(),
  filtered: [],
});

const eventsAmong = (verdicts: readonly object[]): EventWithData[] =>
  verdicts.filter((verdict): verdict is EventWithData => 'body' in verdict);

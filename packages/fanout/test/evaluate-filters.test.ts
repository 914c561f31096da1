import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newId } from '@posthorn/core';
import { createFilterCache, type Filter } from '@posthorn/rules';
import type { CandidateEvent } from '../src/events/compose-event.js';
import { evaluateFilters } from '../src/rules/evaluate-filters.js';
import type { FilterBudget } from '../src/rules/filter-budget.js';

const tenantId = newId();
const UNLIMITED: FilterBudget = { perTenantMs: Infinity, totalMs: Infinity, isFirstEventUnlimited: false };

const eventOf = (data: unknown, event: Partial<CandidateEvent> = {}): CandidateEvent => ({
  id: newId(),
  tenantId,
  type: 'a',
  patterns: ['*', 'a'],
  body: '',
  publishedAt: new Date(),
  pushed: false,
  idempotencyKey: null,
  data,
  ...event,
});

const subscriptionOf = (filter: object, pattern = '*', owner = tenantId) => {
  const webhookId = newId();
  return { webhookId, tenantId: owner, pattern, filter: JSON.stringify(filter), revision: webhookId };
};

describe('evaluateFilters', () => {
  it('returns the matching pairs and the revisions of all filters', async () => {
    const [one, two] = [eventOf({ n: 1 }), eventOf({ n: 2 })];
    const elsewhere = eventOf({ n: 1 }, { tenantId: newId() });
    const only = subscriptionOf({ properties: { n: { const: 1 } } });
    const both = subscriptionOf({}, 'a');
    const none = subscriptionOf({}, 'b');
    const { results, deferred } = await evaluateFilters([one, two, elsewhere], [only, both, none], {
      filterOf: createFilterCache(),
      budget: UNLIMITED,
    });
    expect(deferred.size).toBe(0);
    expect(results).toEqual({
      eventIds: [one.id, one.id, two.id],
      webhookIds: [only.webhookId, both.webhookId, both.webhookId],
      revisions: [only.revision, both.revision, none.revision],
    });
  });

  it('yields to the event loop', async () => {
    const events = Array.from({ length: 500 }, (_, n) => eventOf({ n }));
    const subscriptions = Array.from({ length: 2000 }, (_, n) =>
      subscriptionOf({ properties: { n: { const: n } } }),
    );
    let [done, turns] = [false, 0];
    const count = () => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const { results } = await evaluateFilters(events, subscriptions, {
      filterOf: createFilterCache(),
      budget: UNLIMITED,
    });
    done = true;
    expect(results.eventIds).toHaveLength(500);
    expect(turns).toBeGreaterThan(5);
  });

  it('evaluates equal filters once for each event', async () => {
    const evaluated: number[] = [];
    const filterOf = (): Filter => ({
      matches: (data) => evaluated.push(Number(data)) > 0,
      violation: () => null,
      cost: 1,
    });
    const events = [eventOf(1), eventOf(2)];
    const subscriptions = [subscriptionOf({}), subscriptionOf({}), subscriptionOf({}, 'a')];
    const { results } = await evaluateFilters(events, subscriptions, { filterOf, budget: UNLIMITED });
    expect(evaluated).toEqual([1, 2]);
    expect(results.eventIds).toHaveLength(6);
  });
});

/** Takes as many milliseconds of the fake clock as the event says. */
const filterOf = (): Filter => ({
  matches(data) {
    clockMs += Number(data);
    return true;
  },
  violation: () => null,
  cost: 1,
});

let clockMs = 0;

describe('filters that exceed their budget', () => {
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => clockMs);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const budget: FilterBudget = { perTenantMs: 10, totalMs: 50, isFirstEventUnlimited: false };
  const costly = { tenantId: newId() };
  const costlySubscription = { ...subscriptionOf({}), ...costly };

  it('defer the events of their tenant that were not evaluated, and no others', async () => {
    const first = eventOf(1, costly);
    const late = [eventOf(20, costly), eventOf(1, costly)];
    const unfiltered = eventOf(20, { ...costly, patterns: ['b'] });
    const other = eventOf(1);
    const evaluation = await evaluateFilters(
      [first, ...late, unfiltered, other],
      [costlySubscription, subscriptionOf({})],
      { filterOf, budget },
    );
    expect([...evaluation.deferred]).toEqual(late);
    expect(evaluation.results.eventIds).toEqual([first.id, other.id]);
    expect(evaluation.results.revisions).toHaveLength(2);
    expect(evaluation.timings).toMatchObject([
      { ...costly, evaluatedEvents: 1, isOverBudget: true },
      { tenantId, evaluatedEvents: 1, isOverBudget: false },
    ]);
  });

  it('defer the events of later tenants when all tenants together exceed it', async () => {
    const tenants = Array.from({ length: 8 }, () => newId());
    const events = tenants.map((id) => eventOf(9, { tenantId: id }));
    const subscriptions = tenants.map((id) => subscriptionOf({}, '*', id));
    const { deferred } = await evaluateFilters(events, subscriptions, { filterOf, budget });
    expect([...deferred]).toEqual(events.slice(5));
  });

  it('still evaluate one event of each tenant if that is guaranteed', async () => {
    const events = [eventOf(20, costly), eventOf(20, costly), eventOf(20)];
    const { deferred } = await evaluateFilters(events, [costlySubscription, subscriptionOf({})], {
      filterOf,
      budget: { ...budget, totalMs: 10, isFirstEventUnlimited: true },
    });
    expect([...deferred]).toEqual([events[1]]);
  });
});

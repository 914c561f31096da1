import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { createFilterCache } from '@posthorn/rules';
import type { CandidateEvent } from '../src/compose-event.js';
import { evaluateFilters } from '../src/evaluate-filters.js';

const tenantId = newId();

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

const subscriptionOf = (filter: object, pattern = '*') => {
  const webhookId = newId();
  return { webhookId, tenantId, pattern, filter: JSON.stringify(filter), revision: webhookId };
};

describe('evaluateFilters', () => {
  it('returns the matching pairs and the revisions of all filters', async () => {
    const [one, two] = [eventOf({ n: 1 }), eventOf({ n: 2 })];
    const elsewhere = eventOf({ n: 1 }, { tenantId: newId() });
    const only = subscriptionOf({ properties: { n: { const: 1 } } });
    const both = subscriptionOf({}, 'a');
    const none = subscriptionOf({}, 'b');
    expect(await evaluateFilters([one, two, elsewhere], [only, both, none], createFilterCache())).toEqual({
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
    const { eventIds } = await evaluateFilters(events, subscriptions, createFilterCache());
    done = true;
    expect(eventIds).toHaveLength(500);
    expect(turns).toBeGreaterThan(5);
  });
});

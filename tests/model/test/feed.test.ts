import { describe, expect, it } from '@jest/globals';
import { type DeliveryStatus, type ExpectedDelivery, expectDelivery } from '../src/expected-delivery.js';
import { checkComplete, readEntries } from '../src/feed.js';
import { newWebhook, type WebhookModel } from '../src/webhook-model.js';

const fields = { eventTypes: ['*'], retrySchedule: [], ordering: 'none', sequence: true } as const;
const pulled = newWebhook({ ...fields, delivery: 'pull' }, 0);
const active: WebhookModel = { ...newWebhook({ ...fields, delivery: 'push' }, 0), status: 'active' };
const faults = { workersKilledSince: () => 0 };

/** Returns a webhook with events 10, 11, 12, … */
function webhookOf(model: WebhookModel, count = 3) {
  const expected = Array.from({ length: count }, (_, index): [number, ExpectedDelivery] => {
    const event = { n: 10 + index, type: 'order.paid', key: null, ingress: 'http' as const, at: index + 1 };
    return [event.n, expectDelivery(event, model, 0)];
  });
  return { model, feed: { events: [] as number[], cursor: null }, expectedDeliveries: new Map(expected) };
}

type Webhook = ReturnType<typeof webhookOf>;

/** Reads entries, each a number and its event. */
function read(
  webhook: Webhook,
  after: number,
  entries: [number, number][],
  status: DeliveryStatus = 'available',
) {
  const page = entries.map(([sequence, n]) => ({ sequence, n, status }));
  return readEntries(webhook, { after, entries: page, faults });
}

describe('a feed', () => {
  it('has the events in order, page by page and again', () => {
    const webhook = webhookOf(pulled);
    expect(
      read(webhook, 0, [
        [1, 10],
        [2, 11],
      ]),
    ).toEqual([]);
    expect(checkComplete(webhook)).toEqual(['event 12 is missing']);
    expect(read(webhook, 2, [[3, 12]])).toEqual([]);
    expect(
      read(webhook, 1, [
        [2, 11],
        [3, 12],
      ]),
    ).toEqual([]);
    expect(checkComplete(webhook)).toEqual([]);
  });

  it('is wrong with a gap, with a repeated or changed entry, or in another order', () => {
    expect(read(webhookOf(pulled), 0, [[2, 11]])).toEqual(['number 2 follows number 0']);
    const webhook = webhookOf(pulled);
    read(webhook, 0, [
      [1, 11],
      [2, 10],
      [3, 10],
    ]);
    expect(checkComplete(webhook)).toEqual([
      'event 12 is missing',
      'an event has two numbers',
      'numbers event 11 before event 10, which was published in an earlier step',
    ]);
    expect(read(webhook, 0, [[1, 10]])).toEqual(['number 1 was event 11 and is 10']);
  });

  it('has no events that did not match or have no number', () => {
    const webhook = webhookOf(pulled);
    webhook.expectedDeliveries.get(10)!.run!.expectation = 'forbidden';
    webhook.expectedDeliveries.get(11)!.isNumbered = false;
    expect(
      read(webhook, 0, [
        [1, 10],
        [2, 11],
        [3, 99],
      ]),
    ).toEqual([
      'number 1, event 10: is forbidden',
      'number 2, event 11: has no number',
      'number 3, event 99: has no number',
    ]);
  });

  it('has the status of each delivery', () => {
    expect(read(webhookOf(pulled), 0, [[1, 10]], 'pending')).toHaveLength(1);
    expect(read(webhookOf(active), 0, [[1, 10]], 'pending')).toEqual([]);
    for (const status of ['available', 'succeeded', 'failed', 'dropped'] as const)
      expect(read(webhookOf(active), 0, [[1, 10]], status)).toHaveLength(1);
    const accepted = webhookOf(active);
    accepted.expectedDeliveries.get(10)!.run!.arrivals.push({ url: 0, status: 200 });
    expect(read(accepted, 0, [[1, 10]], 'succeeded')).toEqual([]);
    const settled = webhookOf(active);
    Object.assign(settled.expectedDeliveries.get(10)!, { run: null, status: 'failed' });
    expect(read(settled, 0, [[1, 10]], 'failed')).toEqual([]);
    expect(read(settled, 0, [[1, 10]], 'pending')).toHaveLength(1);
  });
});

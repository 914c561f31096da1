import { describe, expect, it } from '@jest/globals';
import type { PublishedEvent } from '../src/publisher.js';
import { isDroppedAtEnd } from '../src/find-lost-events.js';
import type { Arrival } from '../src/event-receiver.js';
import type { ActivePeriod } from '../src/tracked-webhook.js';
import {
  type WebhookHistory,
  findDuplicates,
  eventsCreatedTwice,
  expectation,
  missingEvents,
  forbiddenEvents,
  sentWhileInactive,
} from '../src/invariants.js';

/** Active from 100 (call sent at 90) to 200 (response at 220), and again from 310 (call sent at 300). */
const PERIODS: ActivePeriod[] = [
  { earliestStart: 90, latestStart: 100, earliestEnd: 200, latestEnd: 220 },
  { earliestStart: 300, latestStart: 310, earliestEnd: Infinity, latestEnd: Infinity },
];

const posted = (from: number, until: number, n = 0): PublishedEvent => ({
  n,
  ingress: 'http',
  orderingKey: null,
  from,
  until,
  isDurable: until !== Infinity,
});
const arrival = (startedAt: number, acceptedAt: number | null = startedAt, eventId = 'evt'): Arrival => ({
  eventId,
  startedAt,
  acceptedAt,
  sequence: null,
});
const webhook = (arrivals: [number, Arrival[]][] = [], activePeriods = PERIODS): WebhookHistory => ({
  name: 'test',
  eventTypes: ['*'],
  activePeriods,
  arrivals: new Map(arrivals),
});

const wallTime = (at: number): string => new Date(performance.timeOrigin + at).toISOString();

describe('expectation', () => {
  it.each<[string, PublishedEvent, string]>([
    ['published while active', posted(110, 190), 'required'],
    ['published after a reactivation', posted(320, 330), 'required'],
    ['published while suspended', posted(230, 290), 'forbidden'],
    ['published before validation', posted(10, 80), 'forbidden'],
    ['accepted during a suspend call', posted(190, 210), 'optional'],
    ['accepted during a reactivate call', posted(290, 305), 'optional'],
    ['never accepted', posted(110, Infinity), 'optional'],
    [
      'pushed to Redis before a suspension, may be read after it',
      { ...posted(110, 120), ingress: 'redis' },
      'optional',
    ],
    ['pushed to Redis while suspended', { ...posted(230, 240), ingress: 'redis' }, 'forbidden'],
    ['lost by Redis', { ...posted(110, 120), isDurable: false }, 'optional'],
  ])('%s', (_what, event, expected) => {
    expect(expectation(webhook(), event)).toBe(expected);
  });

  it('is forbidden for other event types', () => {
    expect(expectation({ ...webhook(), eventTypes: ['chaos.redis'] }, posted(110, 190))).toBe('forbidden');
  });
});

describe('the invariants detect', () => {
  const event = posted(110, 120, 7);
  const published = new Map([[7, event]]);

  it('events that never arrived or were never accepted', () => {
    expect(missingEvents(webhook(), [event])).toEqual([event]);
    expect(missingEvents(webhook([[7, [arrival(130, null)]]]), [event])).toEqual([event]);
    expect(missingEvents(webhook([[7, [arrival(130, null), arrival(140)]]]), [event])).toEqual([]);
  });

  it('requests that started while the webhook was inactive, rejected ones included', () => {
    const sent = (startedAt: number) => sentWhileInactive(webhook([[7, [arrival(startedAt, null)]]])).length;
    expect([150, 219, 221, 299, 301, 400].map(sent)).toEqual([0, 0, 1, 1, 0, 0]);
    expect(sentWhileInactive(webhook([[7, [arrival(50)]]])).length).toBe(1);
  });

  it('events published while suspended, and events that were never published', () => {
    const suspendedEvent = posted(230, 240, 8);
    const all = new Map([...published, [8, suspendedEvent] as const]);
    const arrivals: [number, Arrival[]][] = [7, 8, 9].map((n) => [n, [arrival(400)]]);
    expect(forbiddenEvents(webhook(arrivals), all)).toEqual([8, 9]);
  });

  it('events accepted more than once, from the first time on', () => {
    const requests = [arrival(130, null), arrival(160), arrival(140), arrival(150)];
    expect(findDuplicates(webhook([[7, requests]]))).toEqual([{ firstAcceptedAt: 140, count: 2 }]);
    expect(findDuplicates(webhook([[7, [arrival(130, null), arrival(140)]]]))).toEqual([]);
  });

  it('deliveries dropped before the end of the active period', () => {
    const period = { earliestStart: 90, latestStart: 100, earliestEnd: 10_000, latestEnd: 11_000 };
    expect(isDroppedAtEnd(wallTime(10_500), period)).toBe(true);
    expect(isDroppedAtEnd(wallTime(9000), period)).toBe(false);
    expect(isDroppedAtEnd(wallTime(10_500), { ...period, earliestEnd: Infinity })).toBe(false);
    expect(isDroppedAtEnd(undefined, period)).toBe(false);
  });

  it('one publication that became two events', () => {
    const once = webhook([[7, [arrival(130), arrival(140)]]]);
    const other = webhook([[7, [arrival(150, 150, 'evt_other')]]]);
    expect(eventsCreatedTwice([once, once], published)).toEqual([]);
    expect(eventsCreatedTwice([once, other], published)).toEqual([7]);
  });
});

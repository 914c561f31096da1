import { describe, expect, it } from '@jest/globals';
import type { Arrival } from '../src/event-receiver.js';
import { differences, inversions, type OrderedHistory, sequenceFaults } from '../src/order.js';
import type { PublishedEvent } from '../src/publisher.js';
import type { Ordering } from '../src/tracked-webhook.js';

const event = (n: number, from: number, orderingKey = 'a'): PublishedEvent => ({
  n,
  ingress: 'ordered',
  orderingKey,
  from,
  until: from + 10,
  isDurable: true,
});

const arrival = (n: number, startedAt: number, sequence: number | null = n): Arrival => ({
  eventId: `evt_${n}`,
  startedAt,
  acceptedAt: startedAt,
  sequence,
});

const history = (arrivals: [number, Arrival[]][], ordering: Ordering = 'strict'): OrderedHistory => ({
  name: 'test',
  eventTypes: ['*'],
  activePeriods: [],
  ordering,
  arrivals: new Map(arrivals),
});

const inverted = (events: PublishedEvent[], webhook: OrderedHistory) =>
  inversions(webhook, new Map(events.map((each) => [each.n, each])));

describe('an inversion', () => {
  it('is a first arrival after that of an event published later', () => {
    const events = [event(1, 100), event(2, 120), event(3, 140)];
    const arrivals: [number, Arrival[]][] = [
      [1, [arrival(1, 210)]],
      [2, [arrival(2, 220)]],
      [3, [arrival(3, 200)]],
    ];
    expect(inverted(events, history(arrivals))).toEqual([
      { early: 3, late: 1 },
      { early: 3, late: 2 },
    ]);
  });

  it('is neither a repeat, nor the arrival of an event published at the same time', () => {
    const events = [event(1, 100), event(2, 120), event(3, 125)];
    const arrivals: [number, Arrival[]][] = [
      [1, [arrival(1, 300), arrival(1, 200)]],
      [2, [arrival(2, 220)]],
      [3, [arrival(3, 210)]],
    ];
    expect(inverted(events, history(arrivals))).toEqual([]);
  });

  it('is within a key, if the order is by key', () => {
    const events = [event(1, 100, 'a'), event(2, 120, 'b'), event(3, 140, 'a')];
    const arrivals: [number, Arrival[]][] = [
      [1, [arrival(1, 220)]],
      [2, [arrival(2, 200)]],
      [3, [arrival(3, 230)]],
    ];
    expect(inverted(events, history(arrivals, 'byKey'))).toEqual([]);
    expect(inverted(events, history(arrivals, 'strict'))).toEqual([{ early: 2, late: 1 }]);
  });
});

describe('the numbers of deliveries', () => {
  it('are without gaps, also with repeats', () => {
    const arrivals: [number, Arrival[]][] = [
      [7, [arrival(7, 100, 2), arrival(7, 300, 2)]],
      [8, [arrival(8, 100, 1)]],
    ];
    expect(sequenceFaults(history(arrivals))).toEqual([]);
  });

  it('are wrong with a gap, two events of a number, two numbers of an event, or none', () => {
    const arrivals: [number, Arrival[]][] = [
      [5, [arrival(5, 100, 1)]],
      [6, [arrival(6, 100, 1)]],
      [7, [arrival(7, 100, 3)]],
      [8, [arrival(8, 100, 4), arrival(8, 200, 5)]],
      [9, [arrival(9, 100, null)]],
    ];
    expect(sequenceFaults(history(arrivals))).toEqual([
      'event 8 has the numbers 4, 5',
      'event 9 has the numbers ',
      'number 1 has 2 events',
      'number 2 has 0 events',
    ]);
  });
});

const list = (...events: [n: number, startedAt: number, sequence?: number][]) =>
  history(events.map(([n, ...rest]) => [n, [arrival(n, ...rest)]]));

const at = (n: number, sequence = n) => ({ eventId: `evt_${n}`, sequence });

describe('the lists of a pushed and a pulled webhook', () => {
  it('have the same events in the order of the first arrivals, entries of a page at one time', () => {
    const pushed = list([1, 110], [3, 130], [2, 120]);
    expect(differences(pushed, list([1, 200], [2, 200], [3, 300]))).toEqual([]);
  });

  it('differ in events that one of them lacks or has in another order, and in numbers that are not the places', () => {
    const pulled = list([1, 200], [2, 200], [3, 300]);
    expect(differences(list([1, 110], [2, 120]), pulled)).toEqual([
      { place: 3, pushed: undefined, pulled: at(3) },
    ]);
    expect(differences(list([1, 110], [2, 130], [3, 120]), pulled)).toEqual([
      { place: 2, pushed: at(3), pulled: at(2) },
      { place: 3, pushed: at(2), pulled: at(3) },
    ]);
    expect(differences(list([1, 110]), list([1, 200, 2]))).toEqual([
      { place: 1, pushed: at(1), pulled: at(1, 2) },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Published } from '../src/load.js';
import { isAtEnd } from '../src/losses.js';
import type { Arrival } from '../src/receiver.js';
import type { Spell } from '../src/subscriber.js';
import {
  type Compared,
  duplicates,
  eventsMadeTwice,
  expectation,
  missing,
  retroactive,
  sentOutOfSpell,
} from '../src/verdict.js';

/** Active from 100 (asked at 90) to 200 (told at 220), and again from 310 (asked at 300). */
const SPELLS: Spell[] = [
  { mayBeginAt: 90, begunAt: 100, mayEndAt: 200, endedAt: 220 },
  { mayBeginAt: 300, begunAt: 310, mayEndAt: Infinity, endedAt: Infinity },
];

const posted = (from: number, until: number, n = 0): Published => ({
  n,
  door: 'http',
  from,
  until,
  counts: until !== Infinity,
});
const arrival = (startedAt: number, takenAt: number | null = startedAt, eventId = 'evt'): Arrival => ({
  eventId,
  startedAt,
  takenAt,
});
const webhook = (arrivals: [number, Arrival[]][] = [], spells = SPELLS): Compared => ({
  name: 'test',
  eventTypes: ['*'],
  spells,
  arrivals: new Map(arrivals),
});

const wallTime = (at: number): string => new Date(performance.timeOrigin + at).toISOString();

describe('what a webhook is to get', () => {
  it.each<[string, Published, string]>([
    ['published while it was active', posted(110, 190), 'must'],
    ['active again', posted(320, 330), 'must'],
    ['published while it was suspended', posted(230, 290), 'must not'],
    ['published before it was validated', posted(10, 80), 'must not'],
    ['accepted while it was being suspended', posted(190, 210), 'may'],
    ['accepted while it was being reactivated', posted(290, 305), 'may'],
    ['never accepted', posted(110, Infinity), 'may'],
    [
      'pushed into Redis before a suspension, which may be read after it',
      { ...posted(110, 120), door: 'redis' },
      'may',
    ],
    ['pushed into Redis while it was suspended', { ...posted(230, 240), door: 'redis' }, 'must not'],
    ['lost by Redis', { ...posted(110, 120), counts: false }, 'may'],
  ])('%s', (_what, event, expected) => {
    expect(expectation(webhook(), event)).toBe(expected);
  });

  it('is of its types alone', () => {
    expect(expectation({ ...webhook(), eventTypes: ['chaos.redis'] }, posted(110, 190))).toBe('must not');
  });
});

describe('the comparison finds', () => {
  const event = posted(110, 120, 7);
  const published = new Map([[7, event]]);

  it('what never came, or was never taken', () => {
    expect(missing(webhook(), [event])).toEqual([event]);
    expect(missing(webhook([[7, [arrival(130, null)]]]), [event])).toEqual([event]);
    expect(missing(webhook([[7, [arrival(130, null), arrival(140)]]]), [event])).toEqual([]);
  });

  it('requests that started while nothing was to be sent, refused ones too', () => {
    const sent = (startedAt: number) => sentOutOfSpell(webhook([[7, [arrival(startedAt, null)]]])).length;
    expect([150, 219, 221, 299, 301, 400].map(sent)).toEqual([0, 0, 1, 1, 0, 0]);
    expect(sentOutOfSpell(webhook([[7, [arrival(50)]]])).length).toBe(1);
  });

  it('what was published while it was suspended, and numbers that nobody published', () => {
    const lateComer = posted(230, 240, 8);
    const all = new Map([...published, [8, lateComer] as const]);
    const arrivals: [number, Arrival[]][] = [7, 8, 9].map((n) => [n, [arrival(400)]]);
    expect(retroactive(webhook(arrivals), all)).toEqual([8, 9]);
  });

  it('what was taken more than once, from its first time on', () => {
    const requests = [arrival(130, null), arrival(160), arrival(140), arrival(150)];
    expect(duplicates(webhook([[7, requests]]))).toEqual([{ firstTakenAt: 140, again: 2 }]);
    expect(duplicates(webhook([[7, [arrival(130, null), arrival(140)]]]))).toEqual([]);
  });

  it('what was dropped before the end of its spell', () => {
    const spell = { mayBeginAt: 90, begunAt: 100, mayEndAt: 10_000, endedAt: 11_000 };
    expect(isAtEnd(wallTime(10_500), spell)).toBe(true);
    expect(isAtEnd(wallTime(9000), spell)).toBe(false);
    expect(isAtEnd(wallTime(10_500), { ...spell, mayEndAt: Infinity })).toBe(false);
    expect(isAtEnd(undefined, spell)).toBe(false);
  });

  it('one publication that became two events', () => {
    const once = webhook([[7, [arrival(130), arrival(140)]]]);
    const other = webhook([[7, [arrival(150, 150, 'evt_other')]]]);
    expect(eventsMadeTwice([once, once], published)).toEqual([]);
    expect(eventsMadeTwice([once, other], published)).toEqual([7]);
  });
});

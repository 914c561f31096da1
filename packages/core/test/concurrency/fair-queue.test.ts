import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { FairQueue, type Owned } from '../../src/concurrency/fair-queue.js';

interface Entry extends Owned {
  n: number;
  weight: number;
}

const NO_LIMITS = { maxItems: Infinity, maxWeight: Infinity };

function queueOf(entries: [owner: string, weight: number][]) {
  const queue = new FairQueue<Entry>();
  entries.forEach(([owner, weight], n) => queue.push({ owner, weight, n }));
  return queue;
}

const numbers = (entries: Entry[]) => entries.map(({ n }) => n);

/** Returns the order in which entries are served when each time all owners are compared. */
function servedByScan(entries: [owner: string, weight: number][]): number[] {
  const waiting = new Map<string, { servedUpTo: number; entries: { n: number; weight: number }[] }>();
  entries.forEach(([owner, weight], n) => {
    const own = waiting.get(owner) ?? { servedUpTo: 0, entries: [] };
    waiting.set(owner, { ...own, entries: [...own.entries, { n, weight }] });
  });
  const served: number[] = [];
  while (waiting.size > 0) {
    const least = Math.min(...Array.from(waiting.values(), ({ servedUpTo }) => servedUpTo));
    const [owner, own] = [...waiting].find(([, { servedUpTo }]) => servedUpTo === least) ?? [];
    const [first, ...rest] = own?.entries ?? [];
    if (owner === undefined || !own || !first) break;
    served.push(first.n);
    // The owner moves behind its equals.
    waiting.delete(owner);
    if (rest.length > 0) waiting.set(owner, { servedUpTo: own.servedUpTo + first.weight, entries: rest });
  }
  return served;
}

describe('a fair queue', () => {
  it('serves owners round-robin and each owner first in, first out', () => {
    const queue = queueOf([
      ['a', 1],
      ['a', 1],
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['c', 1],
    ]);
    expect(numbers(queue.take({ ...NO_LIMITS, maxItems: 4 }))).toEqual([0, 3, 4, 1]);
    expect(numbers(queue.take(NO_LIMITS))).toEqual([5, 2]);
    expect(queue.isEmpty).toBe(true);
  });

  it('stays within the weight limit, but returns at least one entry', () => {
    const queue = queueOf([
      ['a', 9],
      ['a', 2],
      ['a', 2],
      ['a', 1],
    ]);
    const limits = { ...NO_LIMITS, maxWeight: 4 };
    expect([queue.take(limits), queue.take(limits), queue.take(limits)].map(numbers)).toEqual([
      [0],
      [1, 2],
      [3],
    ]);
  });

  it('serves owners equal shares of weight', () => {
    const heavy = Array.from({ length: 3 }, (): [string, number] => ['heavy', 100]);
    const light = Array.from({ length: 300 }, (): [string, number] => ['light', 1]);
    const queue = queueOf([...heavy, ...light]);
    const served = queue.take(NO_LIMITS);
    const positions = served.flatMap(({ owner }, position) => (owner === 'heavy' ? [position] : []));
    expect(positions).toEqual([0, 101, 202]);
  });

  it('serves an owner that starts to wait neither before nor after its turn', () => {
    const queue = queueOf(Array.from({ length: 100 }, (): [string, number] => ['a', 1]));
    queue.take({ ...NO_LIMITS, maxItems: 50 });
    for (let n = 100; n < 110; n += 1) queue.push({ owner: 'b', weight: 1, n });
    const owners = queue.take({ ...NO_LIMITS, maxItems: 10 }).map(({ owner }) => owner);
    expect(owners.filter((owner) => owner === 'b')).toHaveLength(5);
  });

  it('returns how much is served before a new entry of an owner', () => {
    const queue = queueOf([
      ['heavy', 100],
      ['heavy', 100],
      ['light', 1],
      ['light', 2],
    ]);
    expect(queue.weight).toBe(203);
    const ahead = (owner: string, weight: number) => queue.weightAhead({ owner, weight });
    expect([ahead('heavy', 100), ahead('light', 1), ahead('new', 1)]).toEqual([203, 7, 2]);
    queue.take({ ...NO_LIMITS, maxItems: 1 });
    // The other heavy entry is served after all light ones.
    expect([ahead('heavy', 100), ahead('light', 1), ahead('new', 1)]).toEqual([103, 3, 1]);
  });

  it('counts the entries of all other owners that are served first', () => {
    const queue = queueOf(Array.from({ length: 500 }, (_, index): [string, number] => [`owner ${index}`, 2]));
    expect(queue.weightAhead({ owner: 'new', weight: 2 })).toBe(1000);
  });

  it('returns every entry once, for any order of push, remove and take', () => {
    const anyStep = fc.oneof(
      fc.record({ push: fc.constantFrom('a', 'b', 'c'), weight: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ remove: fc.nat(100) }),
      fc.record({ maxItems: fc.integer({ min: 1, max: 8 }), maxWeight: fc.nat(12) }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120 }), (steps) => {
        const queue = new FairQueue<Entry>();
        let queued: Entry[] = [];
        let pushed = 0;
        for (const step of steps) {
          if ('push' in step) {
            const entry = { owner: step.push, weight: step.weight, n: (pushed += 1) };
            queued.push(entry);
            queue.push(entry);
          } else if ('remove' in step) {
            const removed = queued[step.remove];
            queued = queued.filter((entry) => entry !== removed);
            if (removed) {
              queue.remove(removed);
              // A second remove does nothing.
              queue.remove(removed);
            }
          } else {
            const batch = queue.take(step);
            const weight = batch.reduce((sum, entry) => sum + entry.weight, 0);
            expect(batch.length).toBeLessThanOrEqual(step.maxItems);
            if (batch.length > 1) expect(weight).toBeLessThanOrEqual(step.maxWeight);
            if (queued.length > 0) expect(batch.length).toBeGreaterThan(0);
            for (const owner of ['a', 'b', 'c']) {
              const own = (entries: Entry[]) => numbers(entries.filter((entry) => entry.owner === owner));
              expect(own(queued).slice(0, own(batch).length)).toEqual(own(batch));
            }
            queued = queued.filter((entry) => !batch.includes(entry));
          }
          expect(queue.isEmpty).toBe(queued.length === 0);
          expect(queue.weight).toBe(queued.reduce((sum, entry) => sum + entry.weight, 0));
        }
        expect(numbers(queue.take(NO_LIMITS)).toSorted((x, y) => x - y)).toEqual(numbers(queued));
      }),
    );
  });

  it('serves the owners in the order of a scan for the least served one', () => {
    const anyEntry = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 60 }), (entries) => {
        expect(numbers(queueOf(entries).take(NO_LIMITS))).toEqual(servedByScan(entries));
      }),
    );
  });

  it('serves 200,000 waiting owners without a scan of all of them for each entry', async () => {
    const queue = queueOf(Array.from({ length: 200_000 }, (_, index): [string, number] => [`${index}`, 1]));
    // The scans would take minutes. Between two batches, the timeout of the test can end it.
    while (!queue.isEmpty) {
      expect(queue.take({ ...NO_LIMITS, maxItems: 500 })).toHaveLength(500);
      await nextTurn();
    }
  });

  it('serves an owner with one entry in the next batch, however many entries another has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2, max: 50 }), (many, maxItems) => {
        const queue = new FairQueue<Entry>();
        for (let n = 0; n < many; n += 1) queue.push({ owner: 'flood', weight: 1, n });
        queue.push({ owner: 'other', weight: 1, n: -1 });
        expect(numbers(queue.take({ ...NO_LIMITS, maxItems }))).toContain(-1);
      }),
    );
  });
});

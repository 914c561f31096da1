import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type InLine, WaitingLine } from '../../src/concurrency/fair-queue.js';

interface Entry extends InLine {
  n: number;
  weight: number;
}

const weigh = ({ weight }: Entry) => weight;
const NO_BOUNDS = { maxItems: Infinity, weigh, maxWeight: Infinity };

function lineOf(entries: [owner: string, weight: number][]) {
  const line = new WaitingLine<Entry>();
  entries.forEach(([owner, weight], n) => line.push({ owner, weight, n }));
  return line;
}

const numbers = (entries: Entry[]) => entries.map(({ n }) => n);

describe('a waiting line', () => {
  it('lets the owners take turns, each in the order of its own', () => {
    const line = lineOf([
      ['a', 1],
      ['a', 1],
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['c', 1],
    ]);
    expect(numbers(line.take({ ...NO_BOUNDS, maxItems: 4 }))).toEqual([0, 3, 4, 1]);
    expect(numbers(line.take(NO_BOUNDS))).toEqual([5, 2]);
    expect(line.isEmpty).toBe(true);
  });

  it('takes no more than the weight, but one entry at least', () => {
    const line = lineOf([
      ['a', 9],
      ['a', 2],
      ['a', 2],
      ['a', 1],
    ]);
    const bounds = { ...NO_BOUNDS, maxWeight: 4 };
    expect([line.take(bounds), line.take(bounds), line.take(bounds)].map(numbers)).toEqual([
      [0],
      [1, 2],
      [3],
    ]);
  });

  it('loses nothing and takes nothing twice, whatever comes, goes and is taken', () => {
    const step = fc.oneof(
      fc.record({ push: fc.constantFrom('a', 'b', 'c'), weight: fc.nat(5) }),
      fc.record({ remove: fc.nat(100) }),
      fc.record({ maxItems: fc.integer({ min: 1, max: 8 }), maxWeight: fc.nat(12) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const line = new WaitingLine<Entry>();
        let waiting: Entry[] = [];
        let pushed = 0;
        for (const each of steps) {
          if ('push' in each) {
            const entry = { owner: each.push, weight: each.weight, n: (pushed += 1) };
            waiting.push(entry);
            line.push(entry);
          } else if ('remove' in each) {
            const gone = waiting[each.remove];
            waiting = waiting.filter((entry) => entry !== gone);
            if (gone) {
              line.remove(gone);
              // Once more does nothing.
              line.remove(gone);
            }
          } else {
            const taken = line.take({ ...each, weigh });
            const weight = taken.reduce((sum, entry) => sum + entry.weight, 0);
            expect(taken.length).toBeLessThanOrEqual(each.maxItems);
            if (taken.length > 1) expect(weight).toBeLessThanOrEqual(each.maxWeight);
            if (waiting.length > 0) expect(taken.length).toBeGreaterThan(0);
            for (const owner of ['a', 'b', 'c']) {
              const own = (entries: Entry[]) => numbers(entries.filter((entry) => entry.owner === owner));
              expect(own(waiting).slice(0, own(taken).length)).toEqual(own(taken));
            }
            waiting = waiting.filter((entry) => !taken.includes(entry));
          }
          expect(line.isEmpty).toBe(waiting.length === 0);
        }
        expect(numbers(line.take(NO_BOUNDS)).toSorted((x, y) => x - y)).toEqual(numbers(waiting));
      }),
    );
  });

  it('serves an owner of one entry in the next round, however many another has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2, max: 50 }), (many, maxItems) => {
        const line = new WaitingLine<Entry>();
        for (let n = 0; n < many; n += 1) line.push({ owner: 'flood', weight: 1, n });
        line.push({ owner: 'other', weight: 1, n: -1 });
        expect(numbers(line.take({ ...NO_BOUNDS, maxItems }))).toContain(-1);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createRoom, type Load } from '../../src/index.js';

const LIMITS = { total: { items: 100, chars: 1000 }, each: { items: 50, chars: 500 } };
const of = (owner: string, items: number, chars = 0) => new Map([[owner, { items, chars }]]);
const NO_ROOM = (full: 'total' | 'each') => ({ ok: false, full });
const LET_IN = { ok: true, leave: expect.any(Function) };

describe('a room', () => {
  it('is full for an owner that has reached its limit, and for no other', () => {
    const room = createRoom(LIMITS);
    expect(room.enter(of('a', 49))).toEqual(LET_IN);
    expect(room.enter(of('a', 1))).toEqual(LET_IN);
    expect(room.enter(of('a', 1))).toEqual(NO_ROOM('each'));
    expect(room.enter(of('b', 1, 500))).toEqual(LET_IN);
    expect(room.enter(of('b', 1, 1))).toEqual(NO_ROOM('each'));
  });

  it('is full for all when all have reached the limit together', () => {
    const room = createRoom(LIMITS);
    room.enter(of('a', 50));
    const last = room.enter(of('b', 50));
    expect(room.enter(of('c', 1))).toEqual(NO_ROOM('total'));
    if (last.ok) last.leave();
    expect(room.enter(of('c', 1))).toEqual(LET_IN);
  });

  it('takes a call that is larger than every limit', () => {
    const room = createRoom(LIMITS);
    expect(room.enter(of('a', 1000, 10_000))).toEqual(LET_IN);
    expect(room.enter(of('a', 1))).toEqual(NO_ROOM('total'));
  });

  it('lets nothing of a call in when one of its owners has no room', () => {
    const room = createRoom(LIMITS);
    room.enter(of('a', 50));
    expect(room.enter(new Map([...of('b', 49), ...of('a', 1)]))).toEqual(NO_ROOM('each'));
    expect(room.enter(of('b', 49))).toEqual(LET_IN);
    expect(room.enter(of('b', 1))).toEqual(LET_IN);
  });

  it('never holds more than its limits and one call, and is empty when all have left', () => {
    const call = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({ items: fc.integer({ min: 1, max: 60 }), chars: fc.nat(600) }),
      { minKeys: 1 },
    );
    const steps = fc.array(fc.oneof(fc.record({ call }), fc.record({ leaves: fc.nat(20) })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const room = createRoom(LIMITS);
        const inside: { loads: Map<string, Load>; leave: () => void }[] = [];
        const present = (owner: string | null, what: keyof Load) =>
          inside.reduce((sum, { loads }) => {
            const own = owner === null ? [...loads.values()] : [loads.get(owner) ?? { items: 0, chars: 0 }];
            return own.reduce((part, load) => part + load[what], sum);
          }, 0);
        const reached = (owner: string | null, { items, chars }: Load) =>
          present(owner, 'items') >= items || present(owner, 'chars') >= chars;
        for (const step of all) {
          if ('call' in step) {
            const loads = new Map(Object.entries(step.call));
            const isFull =
              reached(null, LIMITS.total) || [...loads.keys()].some((owner) => reached(owner, LIMITS.each));
            const entered = room.enter(loads);
            expect(entered.ok).toBe(!isFull);
            if (entered.ok) inside.push({ loads, leave: entered.leave });
          } else {
            inside.splice(step.leaves, 1).forEach(({ leave }) => leave());
          }
        }
        for (const { leave } of inside) leave();
        expect(room.enter(of('a', 100, 1000))).toEqual(LET_IN);
      }),
    );
  });
});

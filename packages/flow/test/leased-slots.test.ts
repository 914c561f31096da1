import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidStateError } from '../src/slots/assert-state.js';
import { LeasedSlots } from '../src/slots/leased-slots.js';

function slotsWith({ leased, inUse }: { leased: number; inUse: number }): LeasedSlots {
  const slots = new LeasedSlots();
  slots.grant(leased);
  for (let n = 0; n < inUse; n += 1) slots.use();
  return slots;
}

describe('LeasedSlots', () => {
  it('cannot use more slots than are leased', () => {
    const slots = slotsWith({ leased: 2, inUse: 2 });
    expect(() => slots.use()).toThrow(InvalidStateError);
  });

  it('cannot finish more requests than are in flight', () => {
    const slots = slotsWith({ leased: 2, inUse: 1 });
    slots.finish();
    expect(() => slots.finish()).toThrow('no slot is in use');
  });

  it('cannot be granted a negative number of slots', () => {
    expect(() => new LeasedSlots().grant(-1)).toThrow('cannot grant -1 slots');
  });

  it('returns excess slots as they become free', () => {
    const slots = slotsWith({ leased: 5, inUse: 4 });
    slots.setExcess(3);
    expect(slots.leased).toBe(4);
    slots.finish();
    slots.returnExcess();
    expect(slots).toMatchObject({ leased: 3, free: 0 });
  });

  it('returns idle slots, but none that were in use since the last call', () => {
    const slots = slotsWith({ leased: 3, inUse: 0 });
    slots.returnIdle();
    slots.use();
    slots.finish();
    slots.returnIdle();
    expect(slots.leased).toBe(1);
  });

  it('keeps 0 ≤ inUse ≤ leased after any sequence of calls', () => {
    const calls = fc.array(
      fc.oneof(
        fc.record({ call: fc.constant('grant' as const), count: fc.nat(5) }),
        fc.record({ call: fc.constant('excess' as const), count: fc.nat(8) }),
        fc.record({
          call: fc.constantFrom('use', 'finish', 'returnExcess', 'returnFree', 'returnIdle'),
          count: fc.constant(0),
        }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(calls, (steps) => {
        const slots = new LeasedSlots();
        let inUse = 0;
        for (const { call, count } of steps) {
          if (call === 'grant') slots.grant(count);
          if (call === 'excess') slots.setExcess(count);
          if (call === 'returnExcess') slots.returnExcess();
          if (call === 'returnFree') slots.returnFree();
          if (call === 'returnIdle') slots.returnIdle();
          if (call === 'use' && slots.free > 0) {
            slots.use();
            inUse += 1;
          }
          if (call === 'finish' && inUse > 0) {
            slots.finish();
            inUse -= 1;
          }
          expect(slots.free).toBeGreaterThanOrEqual(0);
          expect(slots.leased - slots.free).toBe(inUse);
        }
      }),
    );
  });
});

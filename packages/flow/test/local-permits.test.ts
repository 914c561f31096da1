import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidStateError } from '../src/assert-state.js';
import { LocalPermits } from '../src/local-permits.js';

function permitsWith({ leased, inUse }: { leased: number; inUse: number }): LocalPermits {
  const permits = new LocalPermits();
  permits.grant(leased);
  for (let n = 0; n < inUse; n += 1) permits.use();
  return permits;
}

describe('LocalPermits', () => {
  it('cannot use more slots than are leased', () => {
    const permits = permitsWith({ leased: 2, inUse: 2 });
    expect(() => permits.use()).toThrow(InvalidStateError);
  });

  it('cannot finish more requests than are in flight', () => {
    const permits = permitsWith({ leased: 2, inUse: 1 });
    permits.finish();
    expect(() => permits.finish()).toThrow('no slot is in use');
  });

  it('cannot be granted a negative number of slots', () => {
    expect(() => new LocalPermits().grant(-1)).toThrow('cannot grant -1 slots');
  });

  it('returns excess slots as they become free', () => {
    const permits = permitsWith({ leased: 5, inUse: 4 });
    permits.setExcess(3);
    expect(permits.leased).toBe(4);
    permits.finish();
    permits.returnExcess();
    expect(permits).toMatchObject({ leased: 3, free: 0 });
  });

  it('returns idle slots, but none that were in use since the last call', () => {
    const permits = permitsWith({ leased: 3, inUse: 0 });
    permits.returnIdle();
    permits.use();
    permits.finish();
    permits.returnIdle();
    expect(permits.leased).toBe(1);
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
        const permits = new LocalPermits();
        let inUse = 0;
        for (const { call, count } of steps) {
          if (call === 'grant') permits.grant(count);
          if (call === 'excess') permits.setExcess(count);
          if (call === 'returnExcess') permits.returnExcess();
          if (call === 'returnFree') permits.returnFree();
          if (call === 'returnIdle') permits.returnIdle();
          if (call === 'use' && permits.free > 0) {
            permits.use();
            inUse += 1;
          }
          if (call === 'finish' && inUse > 0) {
            permits.finish();
            inUse -= 1;
          }
          expect(permits.free).toBeGreaterThanOrEqual(0);
          expect(permits.leased - permits.free).toBe(inUse);
        }
      }),
    );
  });
});

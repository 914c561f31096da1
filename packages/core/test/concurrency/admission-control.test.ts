import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createAdmissionControl, type Usage } from '../../src/index.js';

const LIMITS = { total: { items: 100, chars: 1000 }, perOwner: { items: 50, chars: 500 } };
const of = (owner: string, items: number, chars = 0) => new Map([[owner, { items, chars }]]);
const rejected = (saturated: 'total' | 'owner') => ({ ok: false, saturated });
const ADMITTED = { ok: true, release: expect.any(Function) };

describe('admission control', () => {
  it('rejects calls of an owner at its limit, and of no other owner', () => {
    const control = createAdmissionControl(LIMITS);
    expect(control.admit(of('a', 49))).toEqual(ADMITTED);
    expect(control.admit(of('a', 1))).toEqual(ADMITTED);
    expect(control.admit(of('a', 1))).toEqual(rejected('owner'));
    expect(control.admit(of('b', 1, 500))).toEqual(ADMITTED);
    expect(control.admit(of('b', 1, 1))).toEqual(rejected('owner'));
  });

  it('rejects calls of every owner at the total limit', () => {
    const control = createAdmissionControl(LIMITS);
    control.admit(of('a', 50));
    const last = control.admit(of('b', 50));
    expect(control.admit(of('c', 1))).toEqual(rejected('total'));
    if (last.ok) last.release();
    expect(control.admit(of('c', 1))).toEqual(ADMITTED);
  });

  it('admits a call that is larger than every limit', () => {
    const control = createAdmissionControl(LIMITS);
    expect(control.admit(of('a', 1000, 10_000))).toEqual(ADMITTED);
    expect(control.admit(of('a', 1))).toEqual(rejected('total'));
  });

  it('admits no part of a call when one of its owners is at its limit', () => {
    const control = createAdmissionControl(LIMITS);
    control.admit(of('a', 50));
    expect(control.admit(new Map([...of('b', 49), ...of('a', 1)]))).toEqual(rejected('owner'));
    expect(control.admit(of('b', 49))).toEqual(ADMITTED);
    expect(control.admit(of('b', 1))).toEqual(ADMITTED);
  });

  it('never exceeds its limits by more than one call, and is empty after all releases', () => {
    const call = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({ items: fc.integer({ min: 1, max: 60 }), chars: fc.nat(600) }),
      { minKeys: 1 },
    );
    const steps = fc.array(fc.oneof(fc.record({ call }), fc.record({ release: fc.nat(20) })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const control = createAdmissionControl(LIMITS);
        const admitted: { call: Map<string, Usage>; release: () => void }[] = [];
        const usageOf = (owner: string | null, unit: keyof Usage) =>
          admitted.reduce((sum, { call: usage }) => {
            const own = owner === null ? [...usage.values()] : [usage.get(owner) ?? { items: 0, chars: 0 }];
            return own.reduce((part, each) => part + each[unit], sum);
          }, 0);
        const isReached = (owner: string | null, { items, chars }: Usage) =>
          usageOf(owner, 'items') >= items || usageOf(owner, 'chars') >= chars;
        for (const step of all) {
          if ('call' in step) {
            const usage = new Map(Object.entries(step.call));
            const isSaturated =
              isReached(null, LIMITS.total) ||
              [...usage.keys()].some((owner) => isReached(owner, LIMITS.perOwner));
            const admission = control.admit(usage);
            expect(admission.ok).toBe(!isSaturated);
            if (admission.ok) admitted.push({ call: usage, release: admission.release });
          } else {
            admitted.splice(step.release, 1).forEach(({ release }) => release());
          }
        }
        for (const { release } of admitted) release();
        expect(control.admit(of('a', 100, 1000))).toEqual(ADMITTED);
      }),
    );
  });
});

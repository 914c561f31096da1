import { beforeEach, describe, expect, it } from '@jest/globals';
import { FanOutEstimator, type TenantEventType } from '../src/events/fan-out-estimator.js';

const WIDE = { tenantId: 't', type: 'wide' };
const NARROW = { tenantId: 't', type: 'narrow' };
const SUBSCRIPTIONS = new Map([
  ['wide', 1000],
  ['narrow', 1],
]);

let counted: TenantEventType[] = [];
let estimator: FanOutEstimator;

beforeEach(() => {
  counted = [];
  estimator = new FanOutEstimator(async (types) => {
    counted.push(...types);
    return types.map(({ type }) => SUBSCRIPTIONS.get(type) ?? 0);
  });
});

const fanOut = (type: TenantEventType, deliveries: number, available = 0) => ({
  ...type,
  deliveries: Array.from({ length: deliveries }),
  available,
});

describe('the estimated fan-out of a type', () => {
  it('is its number of subscriptions at first, which are counted once', async () => {
    expect(estimator.estimate(WIDE)).toBeNull();
    expect(estimator.unknown([WIDE, NARROW, WIDE])).toEqual([WIDE, NARROW]);
    await estimator.count([WIDE, NARROW]);
    expect([estimator.estimate(WIDE), estimator.estimate(NARROW)]).toEqual([1000, 1]);
    expect(estimator.unknown([WIDE, NARROW])).toEqual([]);
    expect(counted).toEqual([WIDE, NARROW]);
  });

  it('belongs to one tenant', async () => {
    await estimator.count([WIDE]);
    const other = { tenantId: 'other', type: 'wide' };
    expect(estimator.unknown([WIDE, other])).toEqual([other]);
  });

  it('rises at once to that of the largest event of a batch', () => {
    estimator.learn([fanOut(WIDE, 0), fanOut(WIDE, 500), fanOut(WIDE, 3)]);
    expect(estimator.estimate(WIDE)).toBe(500);
  });

  it('counts the deliveries that are read with a feed', () => {
    estimator.learn([fanOut(WIDE, 1, 500)]);
    expect(estimator.estimate(WIDE)).toBe(501);
  });

  it('falls slowly while filters exclude most deliveries', async () => {
    await estimator.count([WIDE]);
    estimator.learn([fanOut(WIDE, 2)]);
    expect(estimator.estimate(WIDE)).toBe(900);
    for (let batch = 0; batch < 100; batch += 1) estimator.learn([fanOut(WIDE, 2)]);
    expect(estimator.estimate(WIDE)).toBe(2);
  });

  it('is unknown after it proved wrong, and when the subscriptions cannot be counted', async () => {
    await estimator.count([WIDE]);
    estimator.forget([WIDE]);
    expect(estimator.unknown([WIDE])).toEqual([WIDE]);
    const unavailable = new FanOutEstimator(() => Promise.reject(new Error('unavailable')));
    await unavailable.count([WIDE]);
    expect(unavailable.estimate(WIDE)).toBeNull();
  });
});

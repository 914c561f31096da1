import { describe, expect, it } from '@jest/globals';
import type { Lane } from '@posthorn/core';
import { LanePlaces, type Place } from '../src/lane-places.js';

const CONCURRENCY: Record<Lane, number> = { fast: 8, slow: 8, retry: 8, replay: 8 };

const create = (maxDetached = 100, maxDetachedBytes = 1e9) =>
  new LanePlaces({ concurrency: CONCURRENCY, maxDetached, maxDetachedBytes });

/** Enters a lane `count` times for a tenant. Returns the places that it could claim; the others are free again. */
function claim(
  places: LanePlaces,
  tenantId: string,
  { count = 1, lane = 'fast' }: { count?: number; lane?: Lane } = {},
): Place[] {
  return Array.from({ length: count }, () => places.enter(lane)).filter((place) => {
    const isClaimed = place.claim(tenantId);
    if (!isClaimed) place.leave();
    return isClaimed;
  });
}

const detachAll = (places: Place[]): number => places.filter((place) => place.detach(1000)).length;

describe('LanePlaces', () => {
  it('gives one tenant the whole lane while its deliveries can be detached', () => {
    const places = create();
    expect(claim(places, 'a', { count: 8 })).toHaveLength(8);
    expect(places.running('fast')).toBe(8);
    expect(places.isFull('fast')).toBe(true);
    expect(places.isFull('slow')).toBe(false);
  });

  it('does not detach while the lane has places, nor a place without a tenant', () => {
    const places = create();
    const claimed = claim(places, 'a', { count: 6 });
    expect(detachAll(claimed)).toBe(0);
    const unclaimed = places.enter('fast');
    expect(places.isFull('fast')).toBe(true);
    expect(unclaimed.detach(1000)).toBe(false);
    expect(detachAll(claimed)).toBe(1);
    expect([places.running('fast'), places.detachedCount]).toEqual([6, 1]);
  });

  it('lets one tenant use nearly half of the detached deliveries, and another one half of the others', () => {
    const places = create(200);
    const detachMany = (tenantId: string) => {
      for (let n = 0; n < 200; n += 1) {
        for (const place of claim(places, tenantId, { count: 8 })) if (!place.detach(1000)) place.leave();
      }
    };
    detachMany('a');
    const { detachedCount } = places;
    expect(detachedCount).toBeGreaterThan(90);
    expect(detachedCount).toBeLessThanOrEqual(100);
    detachMany('b');
    expect(places.detachedCount - detachedCount).toBeGreaterThan(45);
    expect(places.detachedCount - detachedCount).toBeLessThanOrEqual(55);
  });

  it('lets one tenant use half of the memory for payloads, and then half of a lane', () => {
    const places = create(1000, 4_000_000);
    for (const place of claim(places, 'a', { count: 8 })) place.detach(500_000);
    expect(places.detachedCount).toBe(2);
    const [large] = claim(places, 'a');
    expect(large?.detach(3_000_000)).toBe(false);
    expect(claim(places, 'a', { count: 8 }).length).toBeLessThan(3);
    expect(claim(places, 'b')).toHaveLength(1);
  });

  it('leaves half of a lane to others when the deliveries of one tenant cannot be detached', () => {
    const places = create(0);
    expect(claim(places, 'a', { count: 20 })).toHaveLength(4);
    // Of the four that are left.
    expect(claim(places, 'b', { count: 20 })).toHaveLength(2);
    expect(claim(places, 'c', { count: 20 })).toHaveLength(1);
    expect(claim(places, 'a')).toHaveLength(0);
    expect(claim(places, 'a', { lane: 'retry' })).toHaveLength(1);
  });

  it('always has a place for a tenant without one', () => {
    const places = create(0);
    for (const tenantId of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) {
      expect(claim(places, tenantId)).toHaveLength(1);
    }
  });

  it('counts against the concurrency while it is limited', () => {
    const places = create();
    expect(places.isLimited).toBe(false);
    places.limit('fast', 4);
    expect(places.isLimited).toBe(true);
    const claimed = claim(places, 'a', { count: 4 });
    expect(places.isFull('fast')).toBe(true);
    expect(detachAll(claimed)).toBe(1);
    places.limit('fast', 8);
    expect([places.isFull('fast'), places.isLimited]).toEqual([false, false]);
  });

  it('claims a place once', () => {
    const places = create(0);
    const [place] = claim(places, 'a', { count: 5 });
    expect(place?.claim('a')).toBe(true);
    place?.leave();
    expect(claim(places, 'a')).toHaveLength(1);
  });

  it('has no deliveries after all have left, whatever they did before', () => {
    const places = create(5);
    // Every combination of tenant, claimed or not, detached or not, several times.
    const entered = Array.from({ length: 48 }, (_, index) => {
      const place = places.enter('fast');
      if ((index & 1) === 0) place.claim(`${index % 3}`);
      if ((index & 2) === 0) place.detach(1000);
      return place;
    });
    expect(places.detachedCount).toBeGreaterThan(0);
    expect(places.detachedCount).toBeLessThanOrEqual(5);
    for (const place of entered) place.leave();
    expect([places.running('fast'), places.detachedCount]).toEqual([0, 0]);
    expect(claim(places, 'x', { count: 4 })).toHaveLength(4);
  });
});

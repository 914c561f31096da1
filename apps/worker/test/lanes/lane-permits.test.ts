import { describe, expect, it } from '@jest/globals';
import type { Lane } from '@posthorn/core';
import { LanePermits, type LanePermit } from '../../src/lanes/lane-permits.js';

const CONCURRENCY: Record<Lane, number> = { fast: 8, slow: 8, retry: 8, replay: 8 };

const create = (maxDetached = 100, maxDetachedBytes = 1e9) =>
  new LanePermits({ concurrency: CONCURRENCY, maxDetached, maxDetachedBytes });

/** Acquires `count` permits of a lane for a tenant. Returns those that it could claim; the others are released. */
function claim(
  permits: LanePermits,
  tenantId: string,
  { count = 1, lane = 'fast' }: { count?: number; lane?: Lane } = {},
): LanePermit[] {
  return Array.from({ length: count }, () => permits.acquire(lane)).filter((permit) => {
    const isClaimed = permit.claim(tenantId);
    if (!isClaimed) permit.release();
    return isClaimed;
  });
}

const detachAll = (permits: LanePermit[]): number => permits.filter((permit) => permit.detach(1000)).length;

describe('LanePermits', () => {
  it('gives one tenant the whole lane while its deliveries can be detached', () => {
    const permits = create();
    expect(claim(permits, 'a', { count: 8 })).toHaveLength(8);
    expect(permits.running('fast')).toBe(8);
    expect(permits.isFull('fast')).toBe(true);
    expect(permits.isFull('slow')).toBe(false);
  });

  it('does not detach while the lane has free permits, nor a permit without a tenant', () => {
    const permits = create();
    const claimed = claim(permits, 'a', { count: 6 });
    expect(detachAll(claimed)).toBe(0);
    const unclaimed = permits.acquire('fast');
    expect(permits.isFull('fast')).toBe(true);
    expect(unclaimed.detach(1000)).toBe(false);
    expect(detachAll(claimed)).toBe(1);
    expect([permits.running('fast'), permits.detachedCount]).toEqual([6, 1]);
  });

  it('lets one tenant use nearly half of the detached deliveries, and another one half of the others', () => {
    const permits = create(200);
    const detachMany = (tenantId: string) => {
      for (let n = 0; n < 200; n += 1) {
        for (const permit of claim(permits, tenantId, { count: 8 }))
          if (!permit.detach(1000)) permit.release();
      }
    };
    detachMany('a');
    const { detachedCount } = permits;
    expect(detachedCount).toBeGreaterThan(90);
    expect(detachedCount).toBeLessThanOrEqual(100);
    detachMany('b');
    expect(permits.detachedCount - detachedCount).toBeGreaterThan(45);
    expect(permits.detachedCount - detachedCount).toBeLessThanOrEqual(55);
  });

  it('lets one tenant use half of the memory for payloads, and then half of a lane', () => {
    const permits = create(1000, 4_000_000);
    for (const permit of claim(permits, 'a', { count: 8 })) permit.detach(500_000);
    expect(permits.detachedCount).toBe(2);
    const [large] = claim(permits, 'a');
    expect(large?.detach(3_000_000)).toBe(false);
    expect(claim(permits, 'a', { count: 8 }).length).toBeLessThan(3);
    expect(claim(permits, 'b')).toHaveLength(1);
  });

  it('leaves half of a lane to others when the deliveries of one tenant cannot be detached', () => {
    const permits = create(0);
    expect(claim(permits, 'a', { count: 20 })).toHaveLength(4);
    // Of the four that are left.
    expect(claim(permits, 'b', { count: 20 })).toHaveLength(2);
    expect(claim(permits, 'c', { count: 20 })).toHaveLength(1);
    expect(claim(permits, 'a')).toHaveLength(0);
    expect(claim(permits, 'a', { lane: 'retry' })).toHaveLength(1);
  });

  it('always has a permit for a tenant without one', () => {
    const permits = create(0);
    for (const tenantId of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) {
      expect(claim(permits, tenantId)).toHaveLength(1);
    }
  });

  it('has room for as many deliveries of a tenant as can claim a permit, in any state', () => {
    for (const maxDetached of [0, 3, 6, 100]) {
      for (let ofTenant = 0; ofTenant <= 9; ofTenant += 1) {
        for (let ofOthers = 0; ofOthers <= 9; ofOthers += 1) {
          const permits = create(maxDetached);
          claim(permits, 'a', { count: ofTenant })
            .slice(0, 2)
            .forEach((permit) => permit.detach(1000));
          claim(permits, 'b', { count: ofOthers })
            .slice(0, 2)
            .forEach((permit) => permit.detach(1000));
          const room = permits.roomFor('fast', 'a');
          expect(claim(permits, 'a', { count: 200 })).toHaveLength(room);
          expect(permits.roomFor('fast', 'a')).toBe(0);
        }
      }
    }
  });

  it('limits the releases of a tenant from half of its share on', () => {
    const permits = create(0);
    expect(permits.releasable('fast', 'a')).toBe(Infinity);
    claim(permits, 'a');
    expect(permits.releasable('fast', 'a')).toBe(Infinity);
    claim(permits, 'a');
    expect(permits.releasable('fast', 'a')).toBe(2);
    claim(permits, 'a', { count: 2 });
    expect(permits.releasable('fast', 'a')).toBe(0);
    expect(permits.releasable('fast', 'b')).toBe(Infinity);
  });

  it('counts against the concurrency while it is limited', () => {
    const permits = create();
    expect(permits.isLimited).toBe(false);
    permits.limit('fast', 4);
    expect(permits.isLimited).toBe(true);
    const claimed = claim(permits, 'a', { count: 4 });
    expect(permits.isFull('fast')).toBe(true);
    expect(detachAll(claimed)).toBe(1);
    permits.limit('fast', 8);
    expect([permits.isFull('fast'), permits.isLimited]).toEqual([false, false]);
  });

  it('claims a permit once', () => {
    const permits = create(0);
    const [permit] = claim(permits, 'a', { count: 5 });
    expect(permit?.claim('a')).toBe(true);
    permit?.release();
    expect(claim(permits, 'a')).toHaveLength(1);
  });

  it('has no deliveries after all have left, whatever they did before', () => {
    const permits = create(5);
    // Every combination of tenant, claimed or not, detached or not, several times.
    const acquired = Array.from({ length: 48 }, (_, index) => {
      const permit = permits.acquire('fast');
      if ((index & 1) === 0) permit.claim(`${index % 3}`);
      if ((index & 2) === 0) permit.detach(1000);
      return permit;
    });
    expect(permits.detachedCount).toBeGreaterThan(0);
    expect(permits.detachedCount).toBeLessThanOrEqual(5);
    for (const permit of acquired) permit.release();
    expect([permits.running('fast'), permits.detachedCount]).toEqual([0, 0]);
    expect(claim(permits, 'x', { count: 4 })).toHaveLength(4);
  });
});

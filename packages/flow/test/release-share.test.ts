import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { isOwner, ReleaseShare } from '../src/release-share.js';

describe('isOwner', () => {
  it('gives each webhook to one of the workers, and all about the same number', () => {
    const workers = ['a', 'b', 'c'];
    const webhooks = Array.from({ length: 3000 }, () => newId());
    const owners = webhooks.map((id) => workers.filter((worker) => isOwner(worker, workers, id)));
    expect(owners.every(({ length }) => length === 1)).toBe(true);
    for (const worker of workers) {
      const count = owners.filter(([owner]) => owner === worker).length;
      expect(count).toBeGreaterThan(800);
      expect(count).toBeLessThan(1200);
    }
  });
});

describe('ReleaseShare', () => {
  it('returns the webhooks whose next visit is due', () => {
    const share = new ReleaseShare();
    share.add(['a', 'b', 'c']);
    expect(share.due(0)).toEqual(['a', 'b', 'c']);
    share.visited('a', { atMs: 500, count: 1 });
    share.visited('b', { atMs: 100, count: 1 });
    share.add(['a']);
    share.remove('c');
    expect(share.due(99)).toEqual([]);
    expect(share.due(100)).toEqual(['b']);
    expect(share.due(500)).toEqual(['a', 'b']);
    share.postpone('a', 600);
    expect(share.due(500)).toEqual(['b']);
    share.clear();
    expect(share.size).toBe(0);
  });

  it('returns first the webhooks that were visited least recently', () => {
    const share = new ReleaseShare();
    share.add(['a', 'b', 'c']);
    share.visited('a', { atMs: 0, count: 1 });
    share.postpone('b', 0);
    expect(share.due(0)).toEqual(['b', 'c', 'a']);
  });

  it('counts the visits in a row that released nothing', () => {
    const share = new ReleaseShare();
    share.add(['a']);
    share.visited('a', { atMs: 0, count: 0 });
    share.visited('a', { atMs: 0, count: 0 });
    expect(share.emptyCount('a')).toBe(2);
    share.visited('a', { atMs: 0, count: 3 });
    expect(share.emptyCount('a')).toBe(0);
    share.visited('unknown', { atMs: 0, count: 0 });
    expect(share.emptyCount('unknown')).toBe(0);
  });
});

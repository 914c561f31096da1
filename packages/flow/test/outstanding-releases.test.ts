import { describe, expect, it } from '@jest/globals';
import { OutstandingReleases } from '../src/outstanding-releases.js';

describe('OutstandingReleases', () => {
  let nowMs = 0;
  const create = () => new OutstandingReleases(() => nowMs);

  it('counts releases until as many requests have started', () => {
    const outstanding = create();
    expect(outstanding.count('a', 100)).toBe(0);
    outstanding.add('a', 5, 100);
    outstanding.add('b', 1, 0);
    expect(outstanding.count('a', 100)).toBe(5);
    expect(outstanding.count('a', 103)).toBe(2);
    outstanding.add('a', 4, 103);
    expect(outstanding.count('a', 104)).toBe(5);
    expect(outstanding.count('a', 109)).toBe(0);
    expect(outstanding.count('b', 0)).toBe(1);
  });

  it('forgets a release that did not start in time, also while others follow', () => {
    const outstanding = create();
    outstanding.add('a', 3, 0);
    nowMs += 2000;
    outstanding.add('a', 2, 0);
    expect(outstanding.count('a', 0)).toBe(5);
    nowMs += 600;
    expect(outstanding.count('a', 0)).toBe(2);
    outstanding.prune();
    expect(outstanding.count('a', 1)).toBe(1);
    nowMs += 2000;
    outstanding.prune();
    expect(outstanding.count('a', 1)).toBe(0);
  });

  it('keeps counting when Redis has lost its data', () => {
    const outstanding = create();
    outstanding.add('a', 3, 1000);
    expect(outstanding.count('a', 1)).toBe(3);
    expect(outstanding.count('a', 2)).toBe(2);
  });
});

import { describe, expect, it } from '@jest/globals';
import { OutstandingReleases } from '../src/releases/outstanding-releases.js';

describe('OutstandingReleases', () => {
  let nowMs = 0;
  const create = () => new OutstandingReleases(() => nowMs);

  it('counts releases until as many requests have started', () => {
    const outstanding = create();
    expect(outstanding.count('a', 100)).toMatchObject({ outstanding: 0 });
    outstanding.add('a', 5, 100);
    outstanding.add('b', 1, 0);
    expect(outstanding.count('a', 100)).toMatchObject({ outstanding: 5 });
    expect(outstanding.count('a', 103)).toMatchObject({ outstanding: 2 });
    outstanding.add('a', 4, 103);
    expect(outstanding.count('a', 104)).toMatchObject({ outstanding: 5 });
    expect(outstanding.count('a', 109)).toMatchObject({ outstanding: 0 });
    expect(outstanding.count('b', 0)).toMatchObject({ outstanding: 1 });
  });

  it('forgets a release that did not start in time, also while others follow', () => {
    const outstanding = create();
    outstanding.add('a', 3, 0);
    nowMs += 2000;
    outstanding.add('a', 2, 0);
    expect(outstanding.count('a', 0)).toMatchObject({ outstanding: 5 });
    nowMs += 600;
    expect(outstanding.count('a', 0)).toMatchObject({ outstanding: 2 });
    outstanding.prune();
    expect(outstanding.count('a', 1)).toMatchObject({ outstanding: 1 });
    nowMs += 2000;
    outstanding.prune();
    expect(outstanding.count('a', 1)).toMatchObject({ outstanding: 0 });
  });

  it('keeps counting when Redis has lost its data', () => {
    const outstanding = create();
    outstanding.add('a', 3, 1000);
    expect(outstanding.count('a', 1)).toMatchObject({ outstanding: 3 });
    expect(outstanding.count('a', 2)).toMatchObject({ outstanding: 2 });
  });

  it('tells which waits ended soon after the release, and so with a request', () => {
    const outstanding = create();
    outstanding.add('a', 3, 0);
    nowMs += 100;
    expect(outstanding.count('a', 2)).toEqual({ outstanding: 1, promptlyEnded: 2 });
    expect(outstanding.count('a', 2)).toEqual({ outstanding: 1, promptlyEnded: 0 });
    outstanding.add('a', 4, 2);
    nowMs += 950;
    expect(outstanding.count('a', 5)).toEqual({ outstanding: 2, promptlyEnded: 2 });
    nowMs += 1000;
    expect(outstanding.count('a', 7)).toEqual({ outstanding: 0, promptlyEnded: 0 });
  });
});

import { describe, expect, it } from '@jest/globals';
import { BARRIER_MS, MAX_READ_AGE_MS, readFreshness, repeatWhileStale } from '../../src/index.js';

function readAtZero() {
  const state = { clockMs: 0, wallOffsetMs: 0, unchanged: true };
  const now = () => ({ monotonicMs: state.clockMs, wallMs: state.clockMs + state.wallOffsetMs });
  const readAgain = async () => {
    const readAt = now();
    state.clockMs += 300;
    return state.unchanged ? readAt : null;
  };
  return { state, freshness: readFreshness({ readAt: now(), now, readAgain }) };
}

it('suspend waits for longer than a read stays fresh, with a margin for a worker that stalls before it writes', () => {
  expect(BARRIER_MS - MAX_READ_AGE_MS).toBeGreaterThanOrEqual(400);
});

describe('readFreshness', () => {
  it('is fresh until the read reaches its maximum age', () => {
    const { state, freshness } = readAtZero();
    state.clockMs = MAX_READ_AGE_MS - 1;
    expect(freshness.isFresh()).toBe(true);
    state.clockMs = MAX_READ_AGE_MS;
    expect(freshness.isFresh()).toBe(false);
  });

  it('is fresh again after a refresh, counted from the start of that read', async () => {
    const { state, freshness } = readAtZero();
    state.clockMs = 5000;
    await freshness.refresh();
    expect(freshness.isFresh()).toBe(true);
    state.clockMs = 5000 + MAX_READ_AGE_MS - 1;
    expect(freshness.isFresh()).toBe(true);
    state.clockMs = 5000 + MAX_READ_AGE_MS;
    expect(freshness.isFresh()).toBe(false);
  });

  it.each([
    ['forward, as after a pause of the virtual machine', MAX_READ_AGE_MS],
    ['back', -1],
  ])('is stale when the wall clock was set %s', (_direction, wallOffsetMs) => {
    const { state, freshness } = readAtZero();
    state.wallOffsetMs = wallOffsetMs;
    expect(freshness.isFresh()).toBe(false);
  });

  it('is fresh again after a refresh by a wall clock that was set', async () => {
    const { state, freshness } = readAtZero();
    state.wallOffsetMs = -86_400_000;
    await freshness.refresh();
    expect(freshness.isFresh()).toBe(true);
  });

  it('stays stale if the refresh finds a change', async () => {
    const { state, freshness } = readAtZero();
    state.clockMs = 5000;
    state.unchanged = false;
    await freshness.refresh();
    expect(freshness.isFresh()).toBe(false);
  });
});

describe('repeatWhileStale', () => {
  it('returns the first result that is not stale', async () => {
    const results = ['stale', 'sent'] as const;
    let attempts = 0;
    expect(await repeatWhileStale(async () => results[attempts++] ?? 'stale')).toBe('sent');
    expect(attempts).toBe(2);
  });

  it('returns stale after three attempts', async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      return 'stale' as const;
    };
    expect(await repeatWhileStale(attempt)).toBe('stale');
    expect(attempts).toBe(3);
  });

  it('passes an error on', async () => {
    await expect(repeatWhileStale(() => Promise.reject(new Error('unavailable')))).rejects.toThrow(
      'unavailable',
    );
  });
});

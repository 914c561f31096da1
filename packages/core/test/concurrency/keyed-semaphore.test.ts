import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KeyedSemaphore, type ReleasePermit } from '../../src/concurrency/keyed-semaphore.js';

const flushPromises = () => jest.advanceTimersByTimeAsync(0);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Acquires a permit. Returns what has come of it so far. */
function acquire(semaphore: KeyedSemaphore, key: string) {
  const state: { permit: ReleasePermit | null | 'waiting' } = { permit: 'waiting' };
  void semaphore.acquire(key, 1000).then((permit) => (state.permit = permit));
  return state;
}

const release = ({ permit }: { permit: ReleasePermit | null | 'waiting' }) => {
  if (typeof permit === 'function') permit();
};

describe('a keyed semaphore', () => {
  it('hands out the permits of each key in order', async () => {
    const semaphore = new KeyedSemaphore({ permits: 2, maxWaiting: 10 });
    const [first, second, third, fourth] = [1, 2, 3, 4].map(() => acquire(semaphore, 'a'));
    const other = acquire(semaphore, 'b');
    await flushPromises();
    expect([first, second, other].every((each) => typeof each?.permit === 'function')).toBe(true);
    expect([third?.permit, fourth?.permit]).toEqual(['waiting', 'waiting']);
    release(second!);
    await flushPromises();
    expect([typeof third?.permit, fourth?.permit]).toEqual(['function', 'waiting']);
    release(first!);
    await flushPromises();
    expect(typeof fourth?.permit).toBe('function');
  });

  it('gives up a wait after its timeout, without losing a permit', async () => {
    const semaphore = new KeyedSemaphore({ permits: 1, maxWaiting: 10 });
    const first = acquire(semaphore, 'a');
    const late = acquire(semaphore, 'a');
    await jest.advanceTimersByTimeAsync(1000);
    expect(late.permit).toBeNull();
    const next = acquire(semaphore, 'a');
    release(first);
    await flushPromises();
    expect(typeof next.permit).toBe('function');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('refuses at once when too many wait', async () => {
    const semaphore = new KeyedSemaphore({ permits: 1, maxWaiting: 1 });
    const [, waiting, refused] = [1, 2, 3].map(() => acquire(semaphore, 'a'));
    await flushPromises();
    expect([waiting?.permit, refused?.permit]).toEqual(['waiting', null]);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, stopOnce } from '../../src/index.js';

describe('Deadline', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('counts down to 0', () => {
    let nowMs = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const deadline = new Deadline(60_000);
    expect(deadline.remainingMs).toBe(60_000);
    nowMs += 59_000;
    expect(deadline.remainingMs).toBe(1000);
    nowMs += 2000;
    expect(deadline.remainingMs).toBe(0);
  });
});

describe('stopOnce', () => {
  it('calls the function once and returns its promise to every caller', async () => {
    let calls = 0;
    const stop = stopOnce((ms: number) => {
      calls += 1;
      return ms === 1 ? Promise.reject(new Error('stuck')) : Promise.resolve();
    });
    await expect(stop(1)).rejects.toThrow('stuck');
    await expect(stop(2)).rejects.toThrow('stuck');
    expect(calls).toBe(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Deadline, stopOnce } from '../../src/index.js';

describe('Deadline', () => {
  it('counts down to 0', async () => {
    const { remainingMs } = new Deadline(60_000);
    expect(remainingMs).toBeGreaterThan(59_000);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
    expect(new Deadline(-1).remainingMs).toBe(0);
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

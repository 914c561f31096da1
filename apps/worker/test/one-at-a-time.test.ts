import { describe, expect, it } from '@jest/globals';
import type { TaskResult } from '@posthorn/queue';
import { oneAtATime } from '../src/one-at-a-time.js';

const task = (deliveryId: string) => ({
  deliveryId,
  lane: 'slow' as const,
  released: false,
  prioritized: false,
  crashes: 0,
});

describe('a delivery with two jobs', () => {
  it('runs once at a time, the second job later', async () => {
    const ends: ((result: TaskResult) => void)[] = [];
    const run = oneAtATime(
      () =>
        new Promise<TaskResult>((resolve) => {
          ends.push(resolve);
        }),
    );
    const first = run(task('a'));
    expect((await run(task('a'))).again).toEqual({ at: expect.any(Date), lane: 'slow' });
    const other = run(task('b'));
    expect(ends).toHaveLength(2);
    for (const end of ends) end({ again: null });
    await Promise.all([first, other]);
    void run(task('a'));
    expect(ends).toHaveLength(3);
  });

  it('may run again after a fault', async () => {
    let runs = 0;
    const run = oneAtATime(async () => {
      runs += 1;
      throw new Error('fault');
    });
    await expect(run(task('a'))).rejects.toThrow('fault');
    await expect(run(task('a'))).rejects.toThrow('fault');
    expect(runs).toBe(2);
  });
});

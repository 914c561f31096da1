import { describe, expect, it } from '@jest/globals';
import type { TaskResult } from '@posthorn/queue';
import { exclusiveDelivery } from '../src/exclusive-delivery.js';

const task = (deliveryId: string) => ({
  deliveryId,
  lane: 'slow' as const,
  released: false,
  prioritized: false,
  priority: 0,
  crashes: 0,
});

describe('exclusiveDelivery', () => {
  it('reschedules a second job of a delivery in flight', async () => {
    const ends: ((result: TaskResult) => void)[] = [];
    const run = exclusiveDelivery(
      () =>
        new Promise<TaskResult>((resolve) => {
          ends.push(resolve);
        }),
    );
    const first = run(task('a'));
    expect((await run(task('a'))).reschedule).toEqual({ delayMs: 1000, lane: 'slow' });
    const other = run(task('b'));
    expect(ends).toHaveLength(2);
    for (const end of ends) end({ reschedule: null });
    await Promise.all([first, other]);
    void run(task('a'));
    expect(ends).toHaveLength(3);
  });

  it('allows another run after an error', async () => {
    let runs = 0;
    const run = exclusiveDelivery(async () => {
      runs += 1;
      throw new Error('error');
    });
    await expect(run(task('a'))).rejects.toThrow('error');
    await expect(run(task('a'))).rejects.toThrow('error');
    expect(runs).toBe(2);
  });
});

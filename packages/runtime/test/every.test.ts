import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { every } from '../src/index.js';

describe('every', () => {
  it('runs immediately, reports a failure and continues', async () => {
    const runs = new EventEmitter();
    const errors: unknown[] = [];
    let count = 0;
    const third = once(runs, 'third');
    const loop = every(
      1,
      () => {
        count += 1;
        if (count === 3) runs.emit('third');
        return count === 1 ? Promise.reject(new Error('once')) : Promise.resolve();
      },
      (error) => errors.push(error),
    );
    expect(count).toBe(1);
    await third;
    await loop.stop();
    expect(errors).toEqual([new Error('once')]);
  });

  it('waits for the current run when stopped, and starts no other run', async () => {
    const steps: string[] = [];
    const gate = new EventEmitter();
    const work = async () => {
      steps.push('start');
      await once(gate, 'end');
      steps.push('end');
    };
    const stopping = every(0, work, () => {}).stop();
    gate.emit('end');
    await stopping;
    steps.push('stopped');
    expect(steps).toEqual(['start', 'end', 'stopped']);
  });
});

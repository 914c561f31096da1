import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { every } from '../src/index.js';

describe('work that is done again and again', () => {
  it('begins at once, goes on after a failure, and tells of it', async () => {
    const rounds = new EventEmitter();
    const errors: unknown[] = [];
    let count = 0;
    const third = once(rounds, 'third');
    const loop = every(
      1,
      () => {
        count += 1;
        if (count === 3) rounds.emit('third');
        return count === 1 ? Promise.reject(new Error('once')) : Promise.resolve();
      },
      (error) => errors.push(error),
    );
    expect(count).toBe(1);
    await third;
    await loop.stop();
    expect(errors).toEqual([new Error('once')]);
  });

  it('waits for the round under way when it is stopped, and begins no other', async () => {
    const steps: string[] = [];
    const gate = new EventEmitter();
    const round = async () => {
      steps.push('begin');
      await once(gate, 'end');
      steps.push('end');
    };
    const stopping = every(0, round, () => {}).stop();
    gate.emit('end');
    await stopping;
    steps.push('stopped');
    expect(steps).toEqual(['begin', 'end', 'stopped']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurns } from '../src/http/turns.js';

describe('long pieces of work', () => {
  it('run in order, with other work of the event loop between them', async () => {
    const order: string[] = [];
    const turn = createTurns();
    const other = async () => {
      for (let n = 0; n < 6; n += 1) {
        await nextTurn();
        order.push('other');
      }
    };
    const work = async (name: string) => {
      await turn();
      order.push(name);
    };
    await Promise.all([work('first'), work('second'), work('third'), other()]);
    const positions = ['first', 'second', 'third'].map((name) => order.indexOf(name));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    const between = order.slice(positions[0], positions[2]).join();
    expect(between).toMatch(/^first,(other,)+second,(other,?)+$/);
  });
});

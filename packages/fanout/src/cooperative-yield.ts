import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time in one turn of the event loop, unless a single piece of work takes longer. */
const MAX_TURN_MS = 5;

/** Splits long work over turns of the event loop: after each piece, `if (yielder.isDue()) await yielder.yield()`. */
export function cooperativeYield() {
  let endMs = performance.now() + MAX_TURN_MS;
  return {
    isDue: () => performance.now() >= endMs,
    async yield(): Promise<void> {
      await nextTurn();
      endMs = performance.now() + MAX_TURN_MS;
    },
  };
}

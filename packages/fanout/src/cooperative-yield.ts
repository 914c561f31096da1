import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest that one turn of the event loop is worked in, but for a single piece that takes longer. */
const TURN_MS = 5;

/** Work in turns of the event loop: after each piece, `if (turn.isOver()) await turn.next()`. */
export function beginTurn() {
  let endMs = performance.now() + TURN_MS;
  return {
    isOver: () => performance.now() >= endMs,
    async next(): Promise<void> {
      await nextTurn();
      endMs = performance.now() + TURN_MS;
    },
  };
}

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Longest time in one turn of the event loop, unless a single piece of work takes longer. */
const MAX_TURN_MS = 5;

export type CooperativeYield = ReturnType<typeof cooperativeYield>;

/**
 * Splits long work over turns of the event loop: after each piece, `if (yielder.tick()) await yielder.yield()`. Pauses for as
 * long as a piece that took too long, so that other work gets half of the time.
 */
export function cooperativeYield() {
  let turnStartedMs = performance.now();
  let lastMs = turnStartedMs;
  let earlierTurnsMs = 0;
  return {
    /** Reads the clock. Returns whether the work should yield. */
    tick(): boolean {
      lastMs = performance.now();
      return lastMs - turnStartedMs >= MAX_TURN_MS;
    },
    /** The time of the work itself until the last call of `tick`, in milliseconds. */
    busyMs(): number {
      return earlierTurnsMs + lastMs - turnStartedMs;
    },
    async yield(): Promise<void> {
      const turnMs = lastMs - turnStartedMs;
      earlierTurnsMs += turnMs;
      await (turnMs < 2 * MAX_TURN_MS ? nextTurn() : sleep(turnMs));
      turnStartedMs = lastMs = performance.now();
    },
  };
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Creates a queue for long pieces of work. Each caller continues in a turn of the event loop of its own, first come, first
 * served, so that other requests are served between two of them.
 */
export function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => (last = last.then(() => nextTurn()));
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Creates a queue for long pieces of work. Each caller continues in its own turn of the event loop, first come, first
 * served, so that other requests are served between two of them.
 */
export function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => (last = last.then(() => nextTurn()));
}

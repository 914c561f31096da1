import { setTimeout as sleep } from 'node:timers/promises';

const SHORTEST_INTERVAL_MS = 25;
const LONGEST_INTERVAL_MS = 200;

/**
 * Polls `assertion` until it no longer throws and returns its value. Rejects with its last error after `timeoutMs`.
 * Only for state that emits no event to wait for.
 *
 * @param options.intervalMs by default a tenth of the time since the start, within limits: each poll takes CPU time from what it
 *   waits for
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { timeoutMs = 30_000, intervalMs }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const startedAtMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startedAtMs;
    try {
      return await assertion();
    } catch (error) {
      if (elapsedMs >= timeoutMs) throw error;
    }
    await sleep(intervalMs ?? defaultIntervalMs(elapsedMs));
  }
}

function defaultIntervalMs(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs / 10, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls `assertion` until it no longer throws and returns its value. Rejects with its last error after `timeoutMs`.
 * Only for state that emits no event to wait for.
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { timeoutMs = 5000, intervalMs = 25 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await sleep(intervalMs);
  }
}

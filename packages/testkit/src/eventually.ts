import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until `assertion` no longer throws, and answers what it answers; rejects with its last error.
 * Only for state that can be polled and sends no event.
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

import { countUsage, type Pool, withLease } from '@posthorn/database';

/** Returns the task that adds what each tenant used since its last run. */
export function createUsageCounter({ pool }: { pool: Pool }): () => Promise<void> {
  return async () => {
    await withLease(pool, 'usage', async (lease) => countUsage(pool, lease));
  };
}

import type { Pool } from '@posthorn/database/connection';
import { withLease } from '@posthorn/database/server';
import { countUsage } from '@posthorn/database/usage';
import type { Task } from '../tasks/task.js';

export const countUsageTask: Task = {
  name: 'count_usage',
  pauses: 60_000,
  create: ({ bulkPool: pool }) => createUsageCounter({ pool }),
};

/** Returns the task that adds what each tenant used since its last run. */
export function createUsageCounter({ pool }: { pool: Pool }): () => Promise<void> {
  return async () => {
    await withLease(pool, 'usage', async (lease) => countUsage(pool, lease));
  };
}

import type { Pool } from '@posthorn/database/connection';
import { deleteSettledPayloads } from '@posthorn/database/retention';
import { withLease } from '@posthorn/database/server';
import type { Task } from '../tasks/task.js';

export const deletePayloadsTask: Task = {
  name: 'delete_payloads',
  pauses: { intervalMs: 2000, maxIntervalMs: 10_000 },
  create: ({ bulkPool }) => createPayloadCleaner(bulkPool),
};

/** Maximum duration of one run, in milliseconds. The pause until the next one is several times as long. */
const MAX_RUN_MS = 200;

/**
 * Deletes the payloads that are kept only until all deliveries of their events are settled. Runs in one producer at a time, for a
 * fraction of the time; the next run continues where this one stopped. Resolves to whether it deleted any.
 */
export function createPayloadCleaner(pool: Pool): () => Promise<boolean> {
  let after: string | null = null;
  return async () => {
    let deleted = 0;
    await withLease(pool, 'deletePayloads', async () => {
      const run = await deleteSettledPayloads(pool, { after, maxMs: MAX_RUN_MS });
      ({ deleted, after } = run);
    });
    return deleted > 0 || after !== null;
  };
}

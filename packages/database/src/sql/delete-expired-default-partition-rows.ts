import type pg from 'pg';
import { deleteInChunks } from './delete-in-chunks.js';
import { deleteFrom, type DeletedRows, MIN_ID } from './fragments/delete-from.js';
import type { RetentionCutoffs } from './retention-cutoffs.js';

/** As for partitions, the event of a pending delivery is kept. */
const NO_PENDING_DELIVERY = `NOT EXISTS (
  SELECT FROM delivery WHERE delivery.event_id = event_default.id AND delivery.status = 'pending'
)`;

/** Deletes expired rows of the default partitions. In a daily partition, they would have been dropped with it. */
export async function deleteExpiredDefaultPartitionRows(
  pool: pg.Pool,
  cutoffs: RetentionCutoffs,
): Promise<DeletedRows> {
  const run = (table: string, condition: string, cutoff: string) =>
    deleteInChunks(pool, deleteFrom(table, condition), [cutoff]);
  return {
    delivery: await run('delivery_default', `id < ${MIN_ID} AND status <> 'pending'`, cutoffs.record),
    event: await run('event_default', `id < ${MIN_ID} AND ${NO_PENDING_DELIVERY}`, cutoffs.payload),
    attempt: await run('attempt_default', `id < ${MIN_ID}`, cutoffs.record),
  };
}

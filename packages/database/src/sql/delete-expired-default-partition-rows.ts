import type pg from 'pg';
import { deleteInChunks } from './delete-in-chunks.js';
import { deleteFrom, type DeletedRows, MIN_ID } from './fragments/delete-from.js';
import type { RetentionCutoffs } from './retention-cutoffs.js';

/** As for partitions, the event of a pending delivery is kept. */
const NO_PENDING_DELIVERY = `NOT EXISTS (
  SELECT FROM pending_delivery d
  WHERE d.id >= posthorn_delivery_id_min(event_default.id) AND d.id <= posthorn_delivery_id_max(event_default.id)
)`;

/** Deletes expired rows of the default partitions. In a daily partition, they would have been dropped with it. */
export async function deleteExpiredDefaultPartitionRows(
  pool: pg.Pool,
  cutoffs: RetentionCutoffs,
): Promise<DeletedRows> {
  const run = (table: string, condition: string, cutoff: string) =>
    deleteInChunks(pool, deleteFrom(table, condition), [cutoff]);
  return {
    settled_delivery: await run('settled_delivery_default', `id < ${MIN_ID}`, cutoffs.record),
    event: await run('event_default', `id < ${MIN_ID} AND ${NO_PENDING_DELIVERY}`, cutoffs.payload),
    earlier_attempt: await run('earlier_attempt_default', `id < ${MIN_ID}`, cutoffs.record),
  };
}

import type pg from 'pg';
import { deleteInChunks } from './delete-in-chunks.js';
import { deleteFrom, type DeletedRows, MIN_ID } from './delete-from.js';
import type { RetentionCutoffs } from './retention-cutoffs.js';

/** As for partitions, the event of a pending delivery is kept. */
const noPendingDelivery = (eventId: string) => `NOT EXISTS (
  SELECT FROM pending_delivery d
  WHERE d.id >= posthorn_delivery_id_min(${eventId}) AND d.id <= posthorn_delivery_id_max(${eventId})
)`;

const EXPIRED_EVENT = `id < ${MIN_ID} AND ${noPendingDelivery('event_default.id')}`;
const EXPIRED_SEARCH_VALUE = `event_id < ${MIN_ID} AND ${noPendingDelivery('event_search_value_default.event_id')}`;

/** Deletes expired rows of the default partitions. In a daily partition, they would have been dropped with it. */
export async function deleteExpiredDefaultPartitionRows(
  pool: pg.Pool,
  cutoffs: RetentionCutoffs,
): Promise<DeletedRows> {
  const run = (table: string, condition: string, cutoff: string, id = 'id') =>
    deleteInChunks(pool, deleteFrom(table, condition, id), [cutoff]);
  return {
    settled_delivery: await run('settled_delivery_default', `id < ${MIN_ID}`, cutoffs.record),
    event: await run('event_default', EXPIRED_EVENT, cutoffs.payload),
    event_search_value: await run(
      'event_search_value_default',
      EXPIRED_SEARCH_VALUE,
      cutoffs.payload,
      'event_id',
    ),
    earlier_attempt: await run('earlier_attempt_default', `id < ${MIN_ID}`, cutoffs.record),
  };
}

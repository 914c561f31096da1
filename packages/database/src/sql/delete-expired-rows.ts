import type pg from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';
import type { RetentionCutoffs } from './retention.js';

/** Rows that went, by table. */
export type DeletedRows = Record<string, number>;

/** The least id of the first day that is kept, which is the statement's only value. */
const FLOOR = `posthorn_uuid_floor($1::date::timestamp AT TIME ZONE 'UTC')`;

/** The condition once more for each row that is deleted: a delivery may have become pending in between. */
const deleteFrom = (table: string, condition: string): string => `
DELETE FROM ${table}
WHERE id = ANY (ARRAY(SELECT id FROM ${table} WHERE ${condition} LIMIT ${CHUNK})) AND ${condition}`;

/** As for partitions: the body of a pending delivery stays. */
const UNNEEDED = `NOT EXISTS (
  SELECT FROM delivery WHERE delivery.event_id = event_default.id AND delivery.status = 'pending'
)`;

/**
 * Deletes what is kept in tables without partitions and is over since before `kept`: rejected pushes, replays. And
 * what has come to its own end: sessions and links to the portal.
 */
export async function deleteExpiredRows(pool: pg.Pool, kept: RetentionCutoffs): Promise<DeletedRows> {
  const run = (statement: string) => deleteInChunks(pool, statement, [kept.record]);
  return {
    rejected_event: await run(deleteFrom('rejected_event', `id < ${FLOOR}`)),
    replay: await run(
      deleteFrom('replay', `status <> 'running' AND finished_at < $1::date::timestamp AT TIME ZONE 'UTC'`),
    ),
    // Those that could not be published in all that time.
    operational_event: await run(
      deleteFrom('operational_event', `created_at < $1::date::timestamp AT TIME ZONE 'UTC'`),
    ),
    api_key: await deleteInChunks(pool, deleteFrom('api_key', `kind <> 'key' AND expires_at < now()`)),
  };
}

/** Deletes the rows in the default partitions that would have gone with their day, had there been a partition for it. */
export async function deleteExpiredDefaultPartitionRows(
  pool: pg.Pool,
  kept: RetentionCutoffs,
): Promise<DeletedRows> {
  return {
    delivery: await deleteInChunks(
      pool,
      deleteFrom('delivery_default', `id < ${FLOOR} AND status <> 'pending'`),
      [kept.record],
    ),
    event: await deleteInChunks(pool, deleteFrom('event_default', `id < ${FLOOR} AND ${UNNEEDED}`), [
      kept.payload,
    ]),
    attempt: await deleteInChunks(pool, deleteFrom('attempt_default', `id < ${FLOOR}`), [kept.record]),
  };
}

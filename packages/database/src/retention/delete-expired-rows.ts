import type pg from 'pg';
import { deleteInChunks } from './delete-in-chunks.js';
import { deleteFrom, type DeletedRows, MIN_ID } from './delete-from.js';
import type { RetentionCutoffs } from './retention-cutoffs.js';

/** Deletes expired rows of tables without partitions: rejected events, replays, recoveries, operational events, sessions and portal links. */
export async function deleteExpiredRows(
  pool: pg.Pool,
  cutoffs: RetentionCutoffs,
  now: Date,
): Promise<DeletedRows> {
  const run = (statement: string) => deleteInChunks(pool, statement, [cutoffs.record]);
  return {
    rejected_event: await run(deleteFrom('rejected_event', `id < ${MIN_ID}`)),
    replay: await run(
      deleteFrom(
        'replay',
        `recovery_id IS NULL AND status <> 'running' AND finished_at < $1::date::timestamp AT TIME ZONE 'UTC'`,
      ),
    ),
    // With its replays.
    recovery: await run(
      deleteFrom(
        'recovery',
        `created_at < $1::date::timestamp AT TIME ZONE 'UTC' AND NOT EXISTS (
          SELECT FROM replay r WHERE r.recovery_id = recovery.id AND r.status = 'running'
        )`,
      ),
    ),
    // Operational events that could not be published during the whole retention period.
    operational_event: await run(
      deleteFrom('operational_event', `created_at < $1::date::timestamp AT TIME ZONE 'UTC'`),
    ),
    // A portal link leads back to its host application for a while after it has expired.
    api_key: await deleteInChunks(
      pool,
      deleteFrom(
        'api_key',
        `(kind = 'session' AND expires_at < $1) OR (kind = 'portal' AND expires_at < $1::timestamptz - interval '7 days')`,
      ),
      [now],
    ),
  };
}

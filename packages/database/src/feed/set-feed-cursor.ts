import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { WAITS_BRIEFLY } from '../connection/locked-rows.js';

const SET_CURSOR = `
WITH stored AS (
  UPDATE webhook_sequence SET cursor = $2 WHERE webhook_id = $1 AND last >= $2 AND ${WAITS_BRIEFLY} RETURNING last
)
SELECT coalesce((SELECT last FROM stored), (SELECT last FROM webhook_sequence WHERE webhook_id = $1), 0)::float8 AS last`;

/**
 * Stores the cursor of a feed, unless it is above the last number, and returns the last number: 0 if there is none.
 * @throws a transient error if the counter is locked for long
 */
export async function setFeedCursor(pool: Pool, webhookId: string, sequence: number): Promise<number> {
  const { rows } = await pool.query<{ last: number }>(
    preparedStatement(pool, 'set-feed-cursor', SET_CURSOR, [webhookId, sequence]),
  );
  return rows[0]?.last ?? 0;
}

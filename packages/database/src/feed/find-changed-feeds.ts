import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { IS_ACTIVE_KEY } from '../access/active-key.js';

/** A feed as it was read: without an entry after a number. */
export interface WatchedFeed {
  webhookId: string;
  /** The epoch of the webhook, which was active. */
  epoch: number;
  /** The key of the reader. */
  keyId: string;
  after: number;
}

// The subqueries force lookups by index, regardless of statistics. Feeds without a change, which are nearly all, return no row.
const FIND_CHANGED = `
SELECT f.position::integer
FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::bigint[]) WITH ORDINALITY AS f (webhook_id, epoch, key_id, after, position)
WHERE coalesce((SELECT s.last FROM webhook_sequence s WHERE s.webhook_id = f.webhook_id), 0) > f.after
  OR (SELECT true FROM webhook w JOIN tenant t ON t.id = w.tenant_id AND t.status = 'active' WHERE w.id = f.webhook_id AND w.status = 'active' AND w.epoch = f.epoch LIMIT 1) IS NULL
  OR (SELECT true FROM api_key k LEFT JOIN api_key p ON p.id = k.parent_id WHERE k.id = f.key_id AND ${IS_ACTIVE_KEY} LIMIT 1) IS NULL`;

/** Returns the feeds that have a new entry, whose webhook is no longer active in this epoch or whose tenant is not, or whose key is no longer valid. */
export async function findChangedFeeds<Feed extends WatchedFeed>(
  pool: Pool,
  feeds: readonly Feed[],
): Promise<Feed[]> {
  const { rows } = await pool.query<{ position: number }>(
    preparedStatement(pool, 'find-changed-feeds', FIND_CHANGED, [
      feeds.map(({ webhookId }) => webhookId),
      feeds.map(({ epoch }) => epoch),
      feeds.map(({ keyId }) => keyId),
      feeds.map(({ after }) => after),
    ]),
  );
  return rows.flatMap(({ position }) => feeds[position - 1] ?? []);
}

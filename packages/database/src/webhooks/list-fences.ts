import type pg from 'pg';
import type { CurrentFence } from './read-fence.js';

/** A webhook whose lifecycle changed, with the fence that it must have. */
export interface FencedWebhook extends CurrentFence {
  changedAt: Date;
}

const CHANGED_AT = 'greatest(suspended_at, active_since, deleted_at)';

/** Reactivations of the tenant are not its own changes: the fence of the tenant covers them. */
const OWN_EPOCH = 'CASE WHEN epoch = resumed_epoch THEN own_epoch ELSE epoch END';

const LIST = `
SELECT id AS "webhookId", ${OWN_EPOCH} AS epoch, status = 'deleted' AS "isDeleted", validated_at AS "validatedAt", ${CHANGED_AT} AS "changedAt"
FROM webhook
WHERE epoch > 0 AND ${CHANGED_AT} >= now() - make_interval(days => $1) AND (${CHANGED_AT}, id) > ($2, $3::uuid)
ORDER BY ${CHANGED_AT}, id
LIMIT $4`;

/**
 * Returns a page of the webhooks that were suspended, reactivated or deleted in the last `days` days, in the order of their last
 * change. `after` is the last webhook of the previous page.
 */
export async function listFences(
  pool: pg.Pool,
  { days, after, limit }: { days: number; after: FencedWebhook | null; limit: number },
): Promise<FencedWebhook[]> {
  const { rows } = await pool.query<FencedWebhook>(LIST, [
    days,
    after?.changedAt ?? new Date(0),
    after?.webhookId ?? '00000000-0000-0000-0000-000000000000',
    limit,
  ]);
  return rows;
}

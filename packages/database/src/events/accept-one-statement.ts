import { activeKeyWithRights } from './active-key.js';
import { DELIVERY_IDS } from '../deliveries/delivery-ids.js';
import { hasRules } from './has-rules.js';

/** Condition: webhook `w` has a subscription that matches the event. */
const isSubscribed = `w.id IN (
  SELECT s.webhook_id FROM webhook_subscription s WHERE s.tenant_id = $2 AND s.pattern = ANY ($8::text[])
)`;

/**
 * Accepts one event without an idempotency key to which, as far as the caller knows, no rules apply: nearly every event at everyday
 * load. Does the same as the statement for a batch, in about half the time. Takes the key of the publisher, or null.
 * @param columns returns one row per delivery, with the columns that a worker needs, instead of only the ids
 */
const acceptOne = ({ columns }: { columns: boolean }) => `
WITH verdict AS MATERIALIZED (
  SELECT
    $9::uuid IS NOT NULL AND ${activeKeyWithRights({ id: '$9', rights: '$10::text' })} IS NULL AS is_refused,
    EXISTS (
      SELECT FROM webhook w WHERE w.tenant_id = $2 AND w.status = 'active' AND w.filter IS NOT NULL AND ${isSubscribed}
    ) OR EXISTS (SELECT FROM event_type t WHERE t.name = $3 AND ${hasRules('t')})
    OR NOT EXISTS (SELECT FROM tenant WHERE id = $2) AS is_outdated
), accepted AS (
  INSERT INTO event (id, tenant_id, type, body, deflated_body, published_at, context, displaced)
  SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, least($6::timestamptz, now()), $11::jsonb,
    $7::boolean AND $1 > posthorn_uuid_floor(least($6, now()) + interval '1 minute')
  FROM verdict WHERE NOT is_refused AND NOT is_outdated
  ON CONFLICT (id) DO NOTHING
  RETURNING id, published_at
), matched AS MATERIALIZED (
  SELECT posthorn_delivery_id(e.id) AS id, e.id AS event_id, w.id AS webhook_id, w.xmin::text AS webhook_version, w.epoch,
    w.slow_since IS NOT NULL AS slow
  FROM accepted e
  JOIN webhook w ON ${isSubscribed} AND w.status = 'active' AND w.filter IS NULL AND (NOT $7 OR w.active_since <= e.published_at)
), inserted AS (
  INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
  SELECT id, event_id, webhook_id, $2, now(), epoch FROM matched
)
SELECT e.id AS event_id, ${columns ? COLUMNS : DELIVERY_IDS}
FROM accepted e LEFT JOIN matched m ON true${columns ? '' : ' GROUP BY e.id, m.slow'}
UNION ALL
SELECT NULL, CASE WHEN is_refused THEN $9::text END, NULL${columns ? ', NULL, NULL, NULL, NULL' : ''} FROM verdict WHERE is_refused OR is_outdated`;

const COLUMNS = `m.id::text AS ids, m.slow,
  m.webhook_id, m.webhook_version, m.epoch, now()::timestamptz(3) AS next_attempt_at`;

export const ACCEPT_ONE = acceptOne({ columns: false });
export const ACCEPT_ONE_WITH_COLUMNS = acceptOne({ columns: true });

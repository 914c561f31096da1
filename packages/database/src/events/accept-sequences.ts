import { LIVE_CHAIN } from '@posthorn/core';
import { awaitTurn } from '../tenancy/lock-tenant.js';
import { isSequenced } from '../webhooks/is-sequenced.js';
import type { WITH_PAYLOADS } from './accept-payloads.js';

/** The columns of an accepted event that decide the place of its deliveries. */
export const ORDER_COLUMNS = `, position, context ->> 'orderingKey' AS ordering_key`;

/**
 * The number to continue after when the history of the database has changed: after a failover or a restore, receivers may have seen
 * higher numbers than the counter. Milliseconds since 1970, so that two restores of one state do not continue after the same number.
 */
const JUMP_TO = 'greatest(s.last + 1000000, floor(extract(epoch FROM now()) * 1000)::bigint)';

/**
 * Numbers the deliveries of webhooks that do so, in the order of the events in the batch, and puts those of webhooks with an order into
 * chains. Those of webhooks without requests are settled at once. The counter stays locked until the commit, so the order of the numbers is the order of the commits.
 */
export const sequences = (apart: typeof WITH_PAYLOADS) => `, sequenced AS MATERIALIZED (
  SELECT m.id, m.webhook_id, e.position, w.sent_from_epoch IS NOT NULL AS is_sent, w.delivery = 'pull' AS is_pulled,
    CASE w.ordering WHEN 'strict' THEN '' WHEN 'byKey' THEN e.ordering_key END AS ordering_key
  FROM matched m
  JOIN webhook w ON w.id = m.webhook_id AND ${isSequenced('w')}
  JOIN published e ON e.id = m.event_id
), counter AS (
  -- Ordered by webhook, so that two batches for the same webhooks wait for each other instead of deadlocking.
  INSERT INTO webhook_sequence AS s (webhook_id, last, history)
  SELECT webhook_id, count(*), (SELECT posthorn_history()) FROM sequenced GROUP BY webhook_id ORDER BY webhook_id
  ON CONFLICT (webhook_id) DO UPDATE SET
    last = excluded.last + CASE WHEN s.history = excluded.history THEN s.last ELSE ${JUMP_TO} END,
    jumps = CASE WHEN s.history = excluded.history THEN s.jumps ELSE s.jumps || ARRAY[s.last, ${JUMP_TO}] END,
    history = excluded.history
  RETURNING webhook_id, last
), turn AS MATERIALIZED (
  SELECT t.id, ${awaitTurn('t.id', 'shared')}
  FROM (
    SELECT DISTINCT w.tenant_id AS id FROM webhook w JOIN counter c ON c.webhook_id = w.id AND w.delivery = 'pull' ORDER BY w.tenant_id
  ) t
), pulled_tenant AS MATERIALIZED (
  -- Read again after the wait for the counters, and locked: nothing is added to a feed once a suspend has returned.
  SELECT t.id, t.status FROM turn JOIN tenant t ON t.id = turn.id
  ORDER BY t.id FOR SHARE OF t
), pulled AS MATERIALIZED (
  -- The same, and after their tenants: a reactivation of a tenant changes its webhooks.
  SELECT w.id, w.status, w.epoch, w.resumed_epoch, t.status AS tenant_status
  FROM webhook w JOIN pulled_tenant t ON t.id = w.tenant_id JOIN counter c ON c.webhook_id = w.id AND w.delivery = 'pull'
  ORDER BY w.id FOR SHARE OF w
), numbered AS MATERIALIZED (
  SELECT m.*, n.sequence, n.ordering_key, n.chain, coalesce(n.is_pulled, false) AS is_pulled, n.is_sent
  FROM matched m
  LEFT JOIN (
    SELECT s.id, s.ordering_key, s.is_pulled, s.is_sent,
      c.last - count(*) OVER (PARTITION BY webhook_id) + row_number() OVER (PARTITION BY webhook_id ORDER BY s.position) AS sequence,
      CASE WHEN s.ordering_key IS NOT NULL AND s.is_sent THEN '${LIVE_CHAIN}'::uuid END AS chain
    FROM sequenced s JOIN counter c USING (webhook_id)
  ) AS n USING (id)
), available AS (
  -- Nothing is sent for them: they are read with the feed.
  INSERT INTO settled_delivery (
    id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, reason, sequence${apart.historyColumn}
  )
  SELECT n.id, event_id, webhook_id, tenant_id, now(), (CASE WHEN reason IS NULL THEN 'available' ELSE 'dropped' END)::delivery_status,
    n.epoch, 0, false, reason, sequence${apart.historyClass}
  FROM numbered n LEFT JOIN pulled w ON w.id = n.webhook_id${apart.history}
  CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT is_sent THEN 'shadow' WHEN w.status = 'deleted' OR w.tenant_status = 'deleted' THEN 'deleted'
      WHEN w.tenant_status = 'suspended' OR n.epoch = w.resumed_epoch - 1 THEN 'tenant_suspended' WHEN w.status <> 'active' OR w.epoch <> n.epoch THEN 'suspended' END
  ) AS ended (reason)
  WHERE is_pulled
)`;

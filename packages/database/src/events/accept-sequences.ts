import { LIVE_CHAIN } from '@posthorn/core';
import { isSequenced } from '../webhooks/is-sequenced.js';

/** The columns of an accepted event that decide the place of its deliveries. */
export const ORDER_COLUMNS = `, position, context ->> 'orderingKey' AS ordering_key`;

/**
 * How many numbers are left out when the history of the database has changed: after a failover or a restore, receivers may have seen
 * higher numbers than the counter.
 */
export const SEQUENCE_JUMP = 1_000_000;

/**
 * Numbers the deliveries of webhooks that do so, in the order of the events in the batch, and puts those of webhooks with an order into
 * chains. Those of webhooks without requests are settled at once. The counter stays locked until the commit, so the order of the numbers is the order of the commits.
 */
export const SEQUENCES = `, sequenced AS MATERIALIZED (
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
    last = s.last + excluded.last + CASE WHEN s.history = excluded.history THEN 0 ELSE ${SEQUENCE_JUMP} END,
    jumps = CASE WHEN s.history = excluded.history THEN s.jumps ELSE s.jumps || s.last END,
    history = excluded.history
  RETURNING webhook_id, last
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
    id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, reason, sequence
  )
  SELECT id, event_id, webhook_id, tenant_id, now(), (CASE WHEN is_sent THEN 'available' ELSE 'dropped' END)::delivery_status, epoch, 0,
    false, CASE WHEN NOT is_sent THEN 'shadow' END, sequence
  FROM numbered WHERE is_pulled
)`;

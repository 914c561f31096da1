import { INTERNAL_FAILURE, SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import { insertNotices } from './insert-notices.js';
import { isNotified } from './is-notified.js';

const SETTLE = `
WITH published AS (
  DELETE FROM operational_event WHERE id = ANY ($1::uuid[]) RETURNING *, (data ->> 'webhookId')::uuid AS webhook_id
), reported AS MATERIALIZED (
  -- A customer who suspends a webhook knows it, and nothing needs to be done about a validated one or an entry of the audit log. Emails are
  -- about webhooks: a certificate may be that of a tenant.
  SELECT * FROM published
  WHERE type NOT IN ('posthorn.webhook.validated', 'posthorn.certificate.expiring') AND type NOT LIKE 'posthorn.audit.%' AND data ->> 'suspendedBy' IS DISTINCT FROM 'tenant'
), mailed AS MATERIALIZED (
  SELECT '${SYSTEM_TENANT_ID}'::uuid AS tenant_id, address, r.webhook_id, r.type, r.tenant_id AS owner_id, r.data, r.created_at AS occurred_at, r.id
  FROM reported r CROSS JOIN unnest($2::text[]) AS address
  WHERE ${isNotified('r', 'operator')}
  UNION ALL
  SELECT r.tenant_id, address, r.webhook_id, r.type, r.tenant_id AS owner_id, r.data, r.created_at AS occurred_at, r.id
  FROM reported r CROSS JOIN LATERAL (
    SELECT n.address FROM notification_recipient n
    WHERE n.tenant_id = r.tenant_id AND n.confirmed_at IS NOT NULL AND n.unsubscribed_at IS NULL AND n.removed_at IS NULL
    UNION ALL
    -- The contact of the tenant is the recipient until another one is confirmed.
    SELECT t.contact_email FROM tenant t
    WHERE t.id = r.tenant_id AND t.contact_email IS NOT NULL AND NOT EXISTS (
      SELECT FROM notification_recipient n
      WHERE n.tenant_id = t.id AND n.removed_at IS NULL
        AND CASE WHEN n.unsubscribed_at IS NULL THEN n.confirmed_at IS NOT NULL ELSE n.address = lower(t.contact_email) END
    )
  ) AS recipient
  -- Only the operator can fix an internal error.
  WHERE ${isNotified('r', 'tenant')} AND r.data ->> 'reason' IS DISTINCT FROM '${INTERNAL_FAILURE.code}'
)${insertNotices('mailed')}
SELECT`;

/**
 * Deletes operational events that have been published, and in the same transaction inserts a notice of each for every recipient
 * of emails, so that none is lost and none is inserted twice.
 * @param operators the addresses of the operator; null if no emails are sent
 */
export async function settleOperationalEvents(
  pool: pg.Pool,
  ids: readonly string[],
  operators: readonly string[] | null,
): Promise<void> {
  if (operators === null)
    await pool.query('DELETE FROM operational_event WHERE id = ANY ($1::uuid[])', [ids]);
  else await pool.query(SETTLE, [ids, operators]);
}

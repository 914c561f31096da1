/**
 * Returns SQL that inserts notices, to be part of a statement: the rows of `from` have tenant_id, address, webhook_id, type, owner_id,
 * data, occurred_at and id. `owner_id` is the tenant whose data it is, that of the webhook. A mailbox has one notice of each type about a webhook, which counts the others. One that is being sent is a new notice again.
 */
export const insertNotices = (from: string): string => `, noticed AS (
  INSERT INTO notice (tenant_id, address, webhook_id, type, owner_id, data, occurred_at, count)
  SELECT tenant_id, address, webhook_id, type, owner_id, (array_agg(data ORDER BY id DESC))[1], max(occurred_at), count(*)
  FROM ${from} GROUP BY tenant_id, address, webhook_id, type, owner_id
  ORDER BY tenant_id, address, webhook_id, type
  ON CONFLICT (tenant_id, address, webhook_id, type) DO UPDATE SET
    data = EXCLUDED.data, occurred_at = EXCLUDED.occurred_at, mail_id = NULL,
    count = EXCLUDED.count + CASE WHEN notice.mail_id IS NULL THEN notice.count ELSE 0 END
), scheduled AS (
  -- The first message is sent at once, further ones after a pause.
  INSERT INTO mailbox (tenant_id, address, next_at)
  SELECT DISTINCT tenant_id, address, now() FROM ${from} ORDER BY tenant_id, address
  ON CONFLICT (tenant_id, address) DO UPDATE SET
    next_at = coalesce(mailbox.next_at, greatest(now(), mailbox.quiet_until))
)`;

import type { Locale } from '@posthorn/core';
import type pg from 'pg';
import type { ClaimedMail } from './claim-mail.js';

/** A notice with what a message says about its webhook. */
export interface Notice {
  webhookId: string;
  type: string;
  data: Record<string, unknown>;
  count: number;
  /** When the last of the counted events happened. */
  occurredAt: Date;
  url: string | null;
  description: string | null;
  tenantName: string | null;
}

export interface MailNotices {
  locale: Locale;
  /** An IANA time zone. */
  timeZone: string;
  /** Of at most `MAX_WEBHOOKS` webhooks. */
  notices: Notice[];
  /** The number of webhooks beyond those. */
  more: number;
}

/** Maximum number of webhooks that a message lists. */
const MAX_WEBHOOKS = 50;

const READ = `
WITH ranked AS (
  SELECT n.*, dense_rank() OVER (ORDER BY webhook_id) AS rank FROM notice n WHERE n.mail_id = $1
)
SELECT r.webhook_id AS "webhookId", r.type, r.data, r.count, r.occurred_at AS "occurredAt", w.url, w.description,
  t.name AS "tenantName", (SELECT max(rank)::int FROM ranked) AS webhooks
FROM ranked r LEFT JOIN webhook w ON w.id = r.webhook_id LEFT JOIN tenant t ON t.id = w.tenant_id
WHERE r.rank <= ${MAX_WEBHOOKS} ORDER BY r.rank, r.type`;

interface Preferences {
  locale: Locale | null;
  timeZone: string | null;
}

/** Returns the notices of a message. */
export async function readNotices(pool: pg.Pool, { id, tenantId }: ClaimedMail): Promise<MailNotices> {
  const [{ rows }, tenants] = await Promise.all([
    pool.query<Notice & { webhooks: number }>(READ, [id]),
    pool.query<Preferences>('SELECT locale, time_zone AS "timeZone" FROM tenant WHERE id = $1', [tenantId]),
  ]);
  const webhooks = rows[0]?.webhooks ?? 0;
  return {
    locale: tenants.rows[0]?.locale ?? 'en',
    timeZone: tenants.rows[0]?.timeZone ?? 'UTC',
    notices: rows,
    more: Math.max(webhooks - MAX_WEBHOOKS, 0),
  };
}

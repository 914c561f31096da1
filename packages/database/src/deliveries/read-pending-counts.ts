import type pg from 'pg';

/** Pending deliveries of one webhook. */
export interface PendingCounts {
  webhookId: string;
  /** Before their first attempt, and not held. */
  queued: number;
  held: number;
  /** After a failed attempt, and not held. */
  retrying: number;
}

/** Maximum number of deliveries that are read. Limits the cost of each call. */
export const MAX_COUNTED = 50_000;

/** @property tenantId null for all tenants */
export interface PendingFilter {
  tenantId: string | null;
  webhookId?: string | undefined;
}

const COLUMNS = 'd.webhook_id, d.held, d.attempt_count';

/** The index leads from each webhook to its deliveries. */
const ofWebhooks = (condition: string) => `
  SELECT ${COLUMNS} FROM webhook w CROSS JOIN LATERAL (SELECT * FROM pending_delivery d WHERE d.webhook_id = w.id OFFSET 0) d
  WHERE ${condition} LIMIT ${MAX_COUNTED}`;

const count = (deliveries: string) => `
SELECT webhook_id AS "webhookId", count(*) FILTER (WHERE held)::int AS held,
  count(*) FILTER (WHERE NOT held AND attempt_count = 0)::int AS queued,
  count(*) FILTER (WHERE NOT held AND attempt_count > 0)::int AS retrying
FROM (${deliveries}) AS d GROUP BY webhook_id`;

const COUNT_ALL = count(`SELECT ${COLUMNS} FROM pending_delivery d LIMIT ${MAX_COUNTED}`);
const COUNT_OF_TENANT = count(ofWebhooks('w.tenant_id = $1'));
const COUNT_OF_WEBHOOK = count(ofWebhooks('w.id = $1 AND ($2::uuid IS NULL OR w.tenant_id = $2)'));

/** Counts pending deliveries by webhook: all of them, or `MAX_COUNTED` if there are more. */
export async function readPendingCounts(
  pool: pg.Pool,
  { tenantId, webhookId }: PendingFilter,
): Promise<PendingCounts[]> {
  const { rows } =
    webhookId !== undefined
      ? await pool.query<PendingCounts>(COUNT_OF_WEBHOOK, [webhookId, tenantId])
      : tenantId === null
        ? await pool.query<PendingCounts>(COUNT_ALL)
        : await pool.query<PendingCounts>(COUNT_OF_TENANT, [tenantId]);
  return rows;
}

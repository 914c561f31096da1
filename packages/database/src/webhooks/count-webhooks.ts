import type { WebhookHealth } from '@posthorn/core';
import type pg from 'pg';

export interface WebhookCounts {
  active: number;
  suspended: number;
  pendingValidation: number;
  /** Of the active ones. */
  health: Record<WebhookHealth, number>;
}

const COUNT = `
SELECT count(*) FILTER (WHERE status = 'active')::int AS active,
  count(*) FILTER (WHERE status = 'suspended')::int AS suspended,
  count(*) FILTER (WHERE status = 'pending_validation')::int AS "pendingValidation",
  json_build_object(
    'healthy', count(*) FILTER (WHERE status = 'active' AND health = 'healthy'),
    'throttled', count(*) FILTER (WHERE status = 'active' AND health = 'throttled'),
    'failing', count(*) FILTER (WHERE status = 'active' AND health = 'failing')
  ) AS health
FROM webhook`;

/** Returns the number of webhooks by status. @param tenantId null for all tenants */
export async function countWebhooks(pool: pg.Pool, tenantId: string | null): Promise<WebhookCounts> {
  const { rows } =
    tenantId === null
      ? await pool.query<WebhookCounts>(COUNT)
      : await pool.query<WebhookCounts>(`${COUNT} WHERE tenant_id = $1`, [tenantId]);
  return (
    rows[0] ?? {
      active: 0,
      suspended: 0,
      pendingValidation: 0,
      health: { healthy: 0, throttled: 0, failing: 0 },
    }
  );
}

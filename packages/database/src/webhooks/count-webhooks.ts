import type { WebhookHealth } from '@posthorn/core';
import type pg from 'pg';
import { isActiveTenant, isNotDeleted } from '../tenancy/is-active-tenant.js';

export interface WebhookCounts {
  active: number;
  suspended: number;
  pendingValidation: number;
  /** Of the active ones. Those of a suspended tenant count as healthy, as in lists. */
  health: Record<WebhookHealth, number>;
}

const COUNT = `
SELECT count(*) FILTER (WHERE status = 'active')::int AS active,
  count(*) FILTER (WHERE status = 'suspended')::int AS suspended,
  count(*) FILTER (WHERE status = 'pending_validation')::int AS "pendingValidation",
  json_build_object(
    'healthy', count(*) FILTER (WHERE status = 'active' AND (health = 'healthy' OR NOT is_sent)),
    'throttled', count(*) FILTER (WHERE status = 'active' AND health = 'throttled' AND is_sent),
    'failing', count(*) FILTER (WHERE status = 'active' AND health = 'failing' AND is_sent)
  ) AS health
FROM (
  SELECT status, health, ${isActiveTenant()} AS is_sent FROM webhook w
  WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ${isNotDeleted('w')}
) AS counted`;

/** Returns the number of webhooks by status. @param tenantId null for all tenants */
export async function countWebhooks(pool: pg.Pool, tenantId: string | null): Promise<WebhookCounts> {
  const { rows } = await pool.query<WebhookCounts>(COUNT, [tenantId]);
  return (
    rows[0] ?? {
      active: 0,
      suspended: 0,
      pendingValidation: 0,
      health: { healthy: 0, throttled: 0, failing: 0 },
    }
  );
}

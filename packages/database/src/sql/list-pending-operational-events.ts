import type pg from 'pg';

/** An operational event that is not published yet. */
export interface PendingOperationalEvent {
  id: string;
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
  /** The tenant has a subscription to operational events. Without one, publishing would only fill the history. */
  hasSubscribers: boolean;
}

const LIST = `
SELECT id, tenant_id AS "tenantId", type, data, created_at AS "createdAt", EXISTS (
    SELECT FROM webhook_subscription s WHERE s.tenant_id = e.tenant_id AND s.pattern LIKE 'posthorn.%'
  ) AS "hasSubscribers"
FROM operational_event e ORDER BY id LIMIT $1`;

/** Returns the operational events to publish, oldest first. */
export async function listPendingOperationalEvents(
  pool: pg.Pool,
  limit: number,
): Promise<PendingOperationalEvent[]> {
  const { rows } = await pool.query<PendingOperationalEvent>(LIST, [limit]);
  return rows;
}

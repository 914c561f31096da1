import type { OperationalEventType } from '@posthorn/core';
import type pg from 'pg';

/** An operational event that waits to be published. */
export interface PendingOperationalEvent {
  id: string;
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
  /** Somebody of the tenant asks for such events. Where nobody does they would only fill the history. */
  hasSubscribers: boolean;
}

/**
 * Writes an operational event for each row of `from`, as a part of the statement that makes it true. Rows have a
 * `tenant_id`; `data` is an expression for a jsonb object, `at` for the moment of the event.
 */
export const emit = (
  type: OperationalEventType,
  { from, data, at = 'now()' }: { from: string; data: string; at?: string },
): string => `
  INSERT INTO operational_event (id, tenant_id, type, data, created_at)
  SELECT posthorn_uuidv7(), tenant_id, '${type}', ${data}, ${at} FROM ${from}`;

/** A moment as it stands in JSON: RFC 3339, UTC, milliseconds. */
export const jsonTime = (moment: string): string =>
  `to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const LIST = `
SELECT id, tenant_id AS "tenantId", type, data, created_at AS "createdAt", EXISTS (
    SELECT FROM webhook_subscription s WHERE s.tenant_id = e.tenant_id AND s.pattern LIKE 'posthorn.%'
  ) AS "hasSubscribers"
FROM operational_event e ORDER BY id LIMIT $1`;

/** What waits to be published, oldest first. */
export async function listPendingOperationalEvents(
  pool: pg.Pool,
  limit: number,
): Promise<PendingOperationalEvent[]> {
  const { rows } = await pool.query<PendingOperationalEvent>(LIST, [limit]);
  return rows;
}

/** Forgets what has been published. */
export async function deleteOperationalEvents(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('DELETE FROM operational_event WHERE id = ANY ($1::uuid[])', [ids]);
}

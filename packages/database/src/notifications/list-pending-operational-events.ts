import { SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import { isNotified } from './is-notified.js';

/** An operational event that is not published yet. */
export interface PendingOperationalEvent {
  id: string;
  /** Whose data it has. */
  tenantId: string;
  tenantName: string | null;
  tenantExternalId: string | null;
  webhookExternalId: string | null;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
  /** The tenant has a subscription to operational events. Without one, publishing would only fill the history. */
  hasSubscribers: boolean;
  /** The same for the system scope, unless the operator has muted the webhook. */
  hasSystemSubscribers: boolean;
}

/** The condition that operational events are pending. */
export const OPERATIONAL_EVENTS_ARE_DUE = 'EXISTS (SELECT FROM operational_event)';

const IS_AUDIT = `(e.type LIKE 'posthorn.audit.%')`;

/**
 * Events about webhooks of the system scope are not published: a failing one would cause deliveries to itself. The operator
 * learns of them by email. Entries of the audit log are published in the system scope only.
 */
const LIST = `
SELECT e.id, e.tenant_id AS "tenantId", t.name AS "tenantName", t.external_id AS "tenantExternalId",
  w.external_id AS "webhookExternalId", e.type, e.data, e.created_at AS "createdAt",
  NOT ${IS_AUDIT} AND e.tenant_id <> '${SYSTEM_TENANT_ID}' AND EXISTS (
    SELECT FROM webhook_subscription s WHERE s.tenant_id = e.tenant_id AND s.pattern LIKE 'posthorn.%'
  ) AS "hasSubscribers",
  (${IS_AUDIT} OR e.tenant_id <> '${SYSTEM_TENANT_ID}') AND EXISTS (
    SELECT FROM webhook_subscription s
    WHERE s.tenant_id = '${SYSTEM_TENANT_ID}' AND (s.pattern LIKE 'posthorn.audit.%') = ${IS_AUDIT}
  ) AND (${IS_AUDIT} OR ${isNotified('e', 'operator')}) AS "hasSystemSubscribers"
FROM (SELECT *, (data ->> 'webhookId')::uuid AS webhook_id FROM operational_event ORDER BY id LIMIT $1) e
LEFT JOIN tenant t ON t.id = e.tenant_id
LEFT JOIN webhook w ON w.id = e.webhook_id
ORDER BY e.id`;

/** Returns the operational events to publish, oldest first. */
export async function listPendingOperationalEvents(
  pool: pg.Pool,
  limit: number,
): Promise<PendingOperationalEvent[]> {
  const { rows } = await pool.query<PendingOperationalEvent>(LIST, [limit]);
  return rows;
}

import type { Actor } from '@posthorn/core';
import type pg from 'pg';
import { waitsForRetry } from '../deliveries/bring-forward.js';
import { COMPLETE_FROM_ID, EVENT_EXISTS, OLDEST_EVENT_ID } from '../events/has-event.js';
import { HAS_PAYLOAD, HAS_SHORTER_RETENTION } from '../events/payload-day.js';
import { LAST_ID } from '../ids/last-id.js';
import { actorSql, actorValues, insertAuditEntries } from '../audit/insert-audit-entries.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

export interface RecoveryScope {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Null for all webhooks. */
  webhookId: string | null;
  /** Deliveries created at or after this time. Not before 1970. */
  since: Date;
  /** Deliveries created before this time; null for now. */
  until: Date | null;
  includeDropped: boolean;
}

/** What a recovery covers. */
interface RecoverySize {
  /** The number of deliveries. */
  total: number;
  /** The number of active webhooks that have any of them. */
  webhooks: number;
  /** The number of webhooks that are suspended, or whose tenant is, with deliveries that did not succeed. They are left out. */
  inactiveWebhooks: number;
}

/** The end of the range if it is in the past. Otherwise all deliveries that exist, also those whose ids are of a time in the future. */
const PAST_END = `CASE WHEN $4::timestamptz < now() THEN $4 END`;

/** Deliveries of a webhook `w` in the range, without those before the oldest event. */
const OF_WEBHOOK = `d.webhook_id = w.id AND d.id >= greatest(
    posthorn_uuid_floor($3::timestamptz), posthorn_delivery_id_min(${OLDEST_EVENT_ID})
  ) AND d.id < coalesce(posthorn_uuid_floor(${PAST_END}), ${LAST_ID})`;

/**
 * Two queries: the first one reads the index only, the second one looks events up, of days that usually do not exist. If an event can exist
 * without its payload, one query looks each event up.
 */
const countSettled = (condition: string) => `CASE WHEN ${HAS_SHORTER_RETENTION} THEN (
    SELECT count(*) FROM settled_delivery d WHERE ${OF_WEBHOOK} AND ${condition} AND ${EVENT_EXISTS} AND ${HAS_PAYLOAD}
  ) ELSE (
    (SELECT count(*) FROM settled_delivery d WHERE ${OF_WEBHOOK} AND ${condition} AND d.id >= ${COMPLETE_FROM_ID})
    + (SELECT count(*) FROM settled_delivery d WHERE ${OF_WEBHOOK} AND ${condition} AND d.id < ${COMPLETE_FROM_ID} AND ${EVENT_EXISTS})
  ) END`;

/** Deliveries to a shadow are left out: another system has sent their events. */
const DROPPED = `d.status = 'dropped' AND d.reason IS DISTINCT FROM 'shadow'`;

const COVERED = `
covered AS MATERIALIZED (
  -- A query for each webhook reads only the index entries of its failed and dropped deliveries.
  SELECT w.id, w.tenant_id, (${countSettled(`d.status = 'failed'`)} + CASE WHEN $5::boolean THEN ${countSettled(DROPPED)} ELSE 0 END
    + (SELECT count(*) FROM pending_delivery d WHERE ${OF_WEBHOOK} AND ${waitsForRetry('d')}))::integer AS total
  FROM webhook w
  WHERE w.status = 'active' AND w.delivery = 'push' AND ${isActiveTenant()} AND ($1::uuid IS NULL OR w.tenant_id = $1) AND ($2::uuid IS NULL OR w.id = $2)
), inactive AS MATERIALIZED (
  SELECT count(*)::integer AS webhooks FROM webhook w
  WHERE (w.status = 'suspended' OR w.status = 'active' AND NOT ${isActiveTenant()}) AND w.delivery = 'push' AND ($1::uuid IS NULL OR w.tenant_id = $1) AND ($2::uuid IS NULL OR w.id = $2)
    AND EXISTS (SELECT FROM settled_delivery d WHERE ${OF_WEBHOOK} AND (d.status = 'failed' OR ${DROPPED}))
)`;

const SIZE = `
SELECT coalesce(sum(total), 0)::integer AS total, (count(*) FILTER (WHERE total > 0))::integer AS webhooks,
  (SELECT webhooks FROM inactive) AS "inactiveWebhooks"
FROM covered`;

const MEASURE = `WITH ${COVERED} ${SIZE}`;

const CREATE = `
WITH ${COVERED}, created AS (
  INSERT INTO recovery (id, tenant_id, webhook_id, since, until, include_dropped, inactive_webhooks)
  SELECT $6::uuid, $1::uuid, $2::uuid, $3::timestamptz, least($4::timestamptz, now()), $5::boolean, webhooks FROM inactive
  RETURNING *
), replays AS (
  INSERT INTO replay (id, tenant_id, webhook_id, from_time, to_time, statuses, event_types, total, recovery_id)
  SELECT posthorn_uuidv7(), c.tenant_id, c.id, created.since, ${PAST_END},
    ARRAY['failed', 'pending'] || CASE WHEN $5::boolean THEN ARRAY['dropped'] ELSE '{}' END, '{}', c.total, created.id
  FROM covered c CROSS JOIN created WHERE c.total > 0
), audited AS (${insertAuditEntries('recovery.created', { from: 'created', after: '$7::jsonb', actor: actorSql(8) })}
)
${SIZE}`;

const scopeValues = ({ tenantId, webhookId, since, until, includeDropped }: RecoveryScope) => [
  tenantId,
  webhookId,
  since,
  until,
  includeDropped,
];

/** Counts what a recovery would cover. Deliveries with the maximum number of attempts count, too. */
export async function measureRecovery(pool: pg.Pool, scope: RecoveryScope): Promise<RecoverySize> {
  const { rows } = await pool.query<RecoverySize>(MEASURE, scopeValues(scope));
  return rows[0] ?? { total: 0, webhooks: 0, inactiveWebhooks: 0 };
}

/** Stores a recovery with a replay for each webhook, for the producers to run. The audit log records `snapshot`. */
export async function createRecovery(
  pool: pg.Pool,
  { id, ...scope }: RecoveryScope & { id: string },
  { actor, snapshot }: { actor: Actor; snapshot: Record<string, unknown> },
): Promise<RecoverySize> {
  const values = [...scopeValues(scope), id, snapshot, ...actorValues(actor)];
  const { rows } = await pool.query<RecoverySize>(CREATE, values);
  return rows[0] ?? { total: 0, webhooks: 0, inactiveWebhooks: 0 };
}

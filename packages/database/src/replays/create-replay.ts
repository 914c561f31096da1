import type { Actor, DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import type { Replay } from '../generated/client.js';
import { actorSql, actorValues, insertAuditEntries } from '../audit/insert-audit-entries.js';
import { isOfEvent } from '../ids/of-event.js';
import { replayable } from './replayable.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

export type SettledStatus = Exclude<DeliveryStatus, 'pending' | 'available'>;

/** The scope of a replay: the deliveries of one webhook, or of one event. */
export type ReplayTarget = { webhookId: string; eventId: null } | { webhookId: null; eventId: string };

/** What a replay covers. */
export type ReplayScope = ReplayTarget & {
  /** For a webhook: deliveries created at or after `from` and before `to`. Null for an event. Not before 1970. */
  from: Date | null;
  to: Date | null;
  /** Empty for all. */
  statuses: readonly SettledStatus[];
  /** Empty for all. */
  eventTypes: readonly string[];
};

export type NewReplay = ReplayScope & { id: string; tenantId: string };

/** A replay, without what only its run needs. */
export type ReplayRecord = Omit<Replay, 'cursor' | 'recoveryId'>;

const OF_WEBHOOK = `
  d.webhook_id = $1 AND d.id >= posthorn_uuid_floor($3::timestamptz) AND d.id < posthorn_uuid_floor($4::timestamptz)`;

const OF_EVENT = `
  ${isOfEvent('$2')}
  AND EXISTS (SELECT FROM webhook w WHERE w.id = d.webhook_id AND w.status = 'active' AND w.delivery = 'push' AND ${isActiveTenant()})`;

const counted = (ofTarget: string) => `
WITH scope AS (
  SELECT $1::uuid AS webhook_id, $2::uuid AS event_id, $3::timestamptz AS from_time, $4::timestamptz AS to_time, $5::text[] AS statuses,
    $6::text[] AS event_types
), counted AS (
  SELECT count(*)::integer AS total FROM settled_delivery d WHERE ${replayable({ statuses: '$5', eventTypes: '$6' })} AND ${ofTarget}
)`;

const measure = (ofTarget: string) => `${counted(ofTarget)} SELECT total FROM counted`;

const create = (ofTarget: string) => `${counted(ofTarget)}, created AS (
  INSERT INTO replay (
    webhook_id, event_id, from_time, to_time, statuses, event_types, id, tenant_id, total, status, finished_at
  )
  SELECT scope.*, $7::uuid, $8::uuid, counted.total,
    (CASE WHEN counted.total > 0 THEN 'running' ELSE 'completed' END)::replay_status,
    CASE WHEN counted.total > 0 THEN NULL ELSE now() END
  FROM scope CROSS JOIN counted
  RETURNING *
), audited AS (${insertAuditEntries('replay.created', { from: 'created', after: '$9::jsonb', actor: actorSql(10) })}
)
SELECT id, tenant_id AS "tenantId", webhook_id AS "webhookId", event_id AS "eventId", from_time AS "fromTime", to_time AS "toTime",
  statuses, event_types AS "eventTypes", status, total, queued, failed, created_at AS "createdAt", finished_at AS "finishedAt"
FROM created`;

const MEASURE_WEBHOOK = measure(OF_WEBHOOK);
const MEASURE_EVENT = measure(OF_EVENT);
const CREATE_FOR_WEBHOOK = create(OF_WEBHOOK);
const CREATE_FOR_EVENT = create(OF_EVENT);

const scopeValues = ({ webhookId, eventId, from, to, statuses, eventTypes }: ReplayScope) => [
  webhookId,
  eventId,
  from,
  to,
  statuses,
  eventTypes,
];

/** Counts the deliveries that a replay would cover. */
export async function measureReplay(pool: pg.Pool, scope: ReplayScope): Promise<number> {
  const { rows } = await pool.query<{ total: number }>(
    scope.webhookId === null ? MEASURE_EVENT : MEASURE_WEBHOOK,
    scopeValues(scope),
  );
  return rows[0]?.total ?? 0;
}

/**
 * Counts the settled deliveries that a replay covers, and stores the replay for the producers to run. Without any, it is
 * completed immediately. For an event, only deliveries to active webhooks count. The audit log records `snapshot`.
 */
export async function createReplay(
  pool: pg.Pool,
  replay: NewReplay,
  { actor, snapshot }: { actor: Actor; snapshot: Record<string, unknown> },
): Promise<ReplayRecord> {
  const { rows } = await pool.query<ReplayRecord>(
    replay.webhookId === null ? CREATE_FOR_EVENT : CREATE_FOR_WEBHOOK,
    [...scopeValues(replay), replay.id, replay.tenantId, snapshot, ...actorValues(actor)],
  );
  const [created] = rows;
  if (!created) throw new Error('INSERT returned no replay');
  return created;
}

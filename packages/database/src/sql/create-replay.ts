import type { Actor, DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import type { Replay } from '../generated/client.js';
import { actorSql, actorValues, insertAuditEntries } from './fragments/insert-audit-entries.js';
import { replayable } from './fragments/replayable.js';

export type SettledStatus = Exclude<DeliveryStatus, 'pending'>;

/** The scope of a replay: the deliveries of one webhook, or of one event. */
export type ReplayTarget = { webhookId: string; eventId: null } | { webhookId: null; eventId: string };

export type NewReplay = ReplayTarget & {
  id: string;
  tenantId: string;
  /** For a webhook: deliveries created at or after `from` and before `to`. Null for an event. Not before 1970. */
  from: Date | null;
  to: Date | null;
  /** Empty for all. */
  statuses: readonly SettledStatus[];
  /** Empty for all. */
  eventTypes: readonly string[];
};

/** A replay, without what only its run needs. */
export type ReplayRecord = Omit<Replay, 'cursor' | 'recoveryId'>;

const OF_WEBHOOK = `
  d.webhook_id = $3 AND d.id >= posthorn_uuid_floor($5::timestamptz) AND d.id < posthorn_uuid_floor($6::timestamptz)`;

const OF_EVENT = `
  d.event_id = $4 AND d.id >= posthorn_delivery_id_min($4) AND d.id <= posthorn_delivery_id_max($4)
  AND EXISTS (SELECT FROM webhook w WHERE w.id = d.webhook_id AND w.status = 'active')`;

const create = (ofTarget: string) => `
WITH created AS (
INSERT INTO replay (
  id, tenant_id, webhook_id, event_id, from_time, to_time, statuses, event_types, total, status, finished_at
)
SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, $6::timestamptz, $7::text[], $8::text[], counted.total,
  (CASE WHEN counted.total > 0 THEN 'running' ELSE 'completed' END)::replay_status,
  CASE WHEN counted.total > 0 THEN NULL ELSE now() END
FROM (
  SELECT count(*)::integer AS total FROM settled_delivery d WHERE ${replayable({ statuses: '$7', eventTypes: '$8' })} AND ${ofTarget}
) AS counted
RETURNING *
), audited AS (${insertAuditEntries('replay.created', { from: 'created', after: '$9::jsonb', actor: actorSql(10) })}
)
SELECT id, tenant_id AS "tenantId", webhook_id AS "webhookId", event_id AS "eventId", from_time AS "fromTime", to_time AS "toTime",
  statuses, event_types AS "eventTypes", status, total, queued, failed, created_at AS "createdAt", finished_at AS "finishedAt"
FROM created`;

const CREATE_FOR_WEBHOOK = create(OF_WEBHOOK);
const CREATE_FOR_EVENT = create(OF_EVENT);

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
    [
      replay.id,
      replay.tenantId,
      replay.webhookId,
      replay.eventId,
      replay.from,
      replay.to,
      replay.statuses,
      replay.eventTypes,
      snapshot,
      ...actorValues(actor),
    ],
  );
  const [created] = rows;
  if (!created) throw new Error('INSERT returned no replay');
  return created;
}

import type { Actor, DeliveryStatus } from '@posthorn/core';
import { Prisma, type ReplayStatus } from '../generated/client.js';
import { idFloor } from '../ids/id-floor.js';
import { countFailedOfRecovery, type FailedCount } from '../statistics/count-failed.js';
import { waitsForRetry } from '../deliveries/bring-forward.js';
import { audit } from '../access/audit.js';
import type { PrismaDb } from '../prisma/client.js';
import { type Page, type PageRequest, toPage } from '../prisma/page.js';
import { type CancelDeps, DROP_REMOVED, type ReplayProgress, retryCancel } from './replays.js';
import { whereClause } from '../prisma/where-clause.js';

/** A recovery with the sums of its replays. */
export interface RecoveryRecord {
  id: string;
  /** Null for all tenants. */
  tenantId: string | null;
  /** Null for all webhooks. */
  webhookId: string | null;
  since: Date;
  until: Date;
  includeDropped: boolean;
  automatic: boolean;
  status: ReplayStatus;
  total: number;
  queued: number;
  /** Null while it is running. */
  failed: number | null;
  webhooks: number;
  inactiveWebhooks: number;
  createdAt: Date;
  finishedAt: Date | null;
}

/** The number of deliveries of a recovery by status. */
export interface RecoveryProgress extends ReplayProgress {
  /** Pending ones that have failed again and wait for their next retry. */
  retrying: number;
}

/** A recovery `r` is running as long as one of its replays `s`. */
const RECOVERIES = Prisma.sql`
SELECT r.id, r.tenant_id AS "tenantId", r.webhook_id AS "webhookId", r.since, r.until, r.include_dropped AS "includeDropped", r.automatic,
  s.status, s.total, s.queued, CASE WHEN s.status <> 'running' THEN s.failed END AS failed, s.webhooks,
  r.inactive_webhooks AS "inactiveWebhooks", r.created_at AS "createdAt",
  CASE WHEN s.status <> 'running' THEN coalesce(s.finished_at, r.created_at) END AS "finishedAt"
FROM recovery r CROSS JOIN LATERAL (
  SELECT count(*)::integer AS webhooks, coalesce(sum(total), 0)::integer AS total, coalesce(sum(queued), 0)::integer AS queued,
    coalesce(sum(failed), 0)::integer AS failed, max(finished_at) AS finished_at,
    CASE WHEN bool_or(status = 'running') THEN 'running'
      WHEN r.cancelled_at IS NOT NULL OR bool_and(status = 'cancelled') THEN 'cancelled' ELSE 'completed' END AS status
  FROM replay WHERE recovery_id = r.id
) AS s`;

/** @param tenantId null for all tenants */
export async function findRecovery(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<RecoveryRecord | null> {
  const conditions = [
    Prisma.sql`r.id = ${id}::uuid`,
    tenantId !== null && Prisma.sql`r.tenant_id = ${tenantId}::uuid`,
  ];
  const [recovery] = await prisma.$queryRaw<RecoveryRecord[]>`${RECOVERIES} ${whereClause(conditions)}`;
  return recovery ?? null;
}

export interface RecoveryFilter {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Recoveries that include this webhook. */
  webhookId?: string | undefined;
  status?: ReplayStatus | undefined;
}

/** Returns recoveries, newest first. */
export async function listRecoveries(
  prisma: PrismaDb,
  { tenantId, webhookId, status }: RecoveryFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<RecoveryRecord>> {
  const conditions = [
    tenantId !== null && Prisma.sql`r.tenant_id = ${tenantId}::uuid`,
    webhookId !== undefined &&
      Prisma.sql`EXISTS (SELECT FROM replay WHERE recovery_id = r.id AND webhook_id = ${webhookId}::uuid)`,
    status !== undefined && Prisma.sql`s.status = ${status}`,
    cursor !== undefined && Prisma.sql`r.id < ${cursor}::uuid`,
  ];
  const rows = await prisma.$queryRaw<RecoveryRecord[]>`
    ${RECOVERIES} ${whereClause(conditions)} ORDER BY r.id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit);
}

const WAITS_FOR_RETRY = Prisma.raw(waitsForRetry('d'));

/** Counts the deliveries of a recovery by status, except those that were replayed, recovered or retried again since. */
export async function readRecoveryProgress(
  prisma: PrismaDb,
  { id, since, until, createdAt }: Pick<RecoveryRecord, 'id' | 'since' | 'until' | 'createdAt'>,
): Promise<RecoveryProgress> {
  const ofRecovery = Prisma.sql`d.replay_id = ANY (ARRAY(SELECT id FROM replay WHERE recovery_id = ${id}::uuid))`;
  // One that ends with its creation also includes deliveries whose ids are of a later time.
  const end = idFloor(until < createdAt ? until.getTime() : Infinity);
  const rows = await prisma.$queryRaw<{ status: DeliveryStatus; retrying: number; count: number }[]>`
    -- The range excludes the partitions of other days.
    SELECT status::text AS status, 0 AS retrying, count(*)::integer AS count FROM settled_delivery d
    WHERE ${ofRecovery} AND d.id >= ${idFloor(since.getTime())}::uuid AND d.id < ${end}::uuid
    GROUP BY status
    UNION ALL
    SELECT 'pending', (count(*) FILTER (WHERE ${WAITS_FOR_RETRY}))::integer, count(*)::integer FROM pending_delivery d
    WHERE ${ofRecovery}`;
  const counts = Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  const retrying = rows.reduce((sum, row) => sum + row.retrying, 0);
  return { pending: 0, retrying, succeeded: 0, failed: 0, dropped: 0, ...counts };
}

/** Replays that are cancelled by one transaction. */
const CANCELLED_AT_ONCE = 50;

/**
 * Cancels a running recovery: its replays, a number at a time, oldest first, with their settled deliveries that are due again, which the
 * replayer limits. Deliveries that were pending before, or wait for a retry again, stay pending. After a crash it is still running, and
 * can be cancelled again.
 * @returns false if the recovery has already finished
 */
export async function cancelRecovery(
  { prisma, pool }: CancelDeps,
  { id, tenantId }: Pick<RecoveryRecord, 'id' | 'tenantId'>,
  actor: Actor,
): Promise<boolean> {
  const cancelThese = (running: readonly FailedCount[]) =>
    prisma.$transaction(async (transaction) => {
      const ids = running.map((replay) => replay.id);
      const counts = running.map(({ failed }) => failed);
      // Locked: waits for a chunk that is being requeued, and drops it too. No further chunk follows.
      const cancelled = await transaction.$queryRaw<{ id: string }[]>`
        UPDATE replay SET status = 'cancelled', finished_at = now(), failed = running.failed
        FROM unnest(${ids}::uuid[], ${counts}::integer[]) AS running (id, failed)
        WHERE replay.id = running.id AND replay.id = ANY (ARRAY(
          SELECT id FROM replay WHERE id = ANY (${ids}::uuid[]) AND status = 'running' ORDER BY id FOR UPDATE
        ))
        RETURNING replay.id`;
      if (cancelled.length === 0) return false;
      await transaction.$executeRaw`
        WITH removed AS (
          DELETE FROM pending_delivery d WHERE id = ANY (ARRAY(
            -- Ordered by id, so that workers that change the same deliveries wait instead of deadlocking.
            SELECT id FROM pending_delivery d
            WHERE replay_id = ANY (${cancelled.map((replay) => replay.id)}::uuid[]) AND NOT brought_forward AND NOT (${WAITS_FOR_RETRY})
            ORDER BY id FOR UPDATE
          ))
          RETURNING *
        ), ${DROP_REMOVED}
        SELECT FROM settled`;
      const isFirst = await transaction.$executeRaw`
        UPDATE recovery SET cancelled_at = now() WHERE id = ${id}::uuid AND cancelled_at IS NULL`;
      if (isFirst > 0)
        await audit(transaction, actor, {
          action: 'recovery.cancelled',
          tenantId,
          target: id,
          before: { status: 'running' },
          after: { status: 'cancelled' },
        });
      return true;
    });

  let isCancelled = false;
  for (;;) {
    const running = await countFailedOfRecovery(pool, id, CANCELLED_AT_ONCE);
    if (running.length === 0) return isCancelled;
    if (await retryCancel(() => cancelThese(running))) isCancelled = true;
  }
}

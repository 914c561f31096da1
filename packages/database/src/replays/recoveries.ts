import type { Actor, DeliveryStatus } from '@posthorn/core';
import { Prisma, type ReplayStatus } from '../generated/client.js';
import { idFloor } from '../ids/id-floor.js';
import { waitsForRetry } from '../deliveries/bring-forward.js';
import { audit } from '../audit/audit.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import type { ReplayProgress } from './replays.js';
import { whereClause } from '../prisma-client/where-clause.js';

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
  /** Null until all its replays have finished. */
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

/** A recovery `r` that is not cancelled is running as long as one of its replays `s`. */
const RECOVERIES = Prisma.sql`
SELECT r.id, r.tenant_id AS "tenantId", r.webhook_id AS "webhookId", r.since, r.until, r.include_dropped AS "includeDropped", r.automatic,
  s.status, s.total, s.queued, CASE WHEN NOT s.is_running THEN s.failed END AS failed, s.webhooks,
  r.inactive_webhooks AS "inactiveWebhooks", r.created_at AS "createdAt",
  CASE WHEN s.status <> 'running' THEN coalesce(r.cancelled_at, s.finished_at, r.created_at) END AS "finishedAt"
FROM recovery r CROSS JOIN LATERAL (
  SELECT count(*)::integer AS webhooks, coalesce(sum(total), 0)::integer AS total, coalesce(sum(queued), 0)::integer AS queued,
    coalesce(sum(failed), 0)::integer AS failed, max(finished_at) AS finished_at,
    coalesce(bool_or(status = 'running'), false) AS is_running,
    CASE WHEN r.cancelled_at IS NOT NULL THEN 'cancelled' WHEN bool_or(status = 'running') THEN 'running'
      WHEN bool_and(status = 'cancelled') THEN 'cancelled' ELSE 'completed' END AS status
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

interface RecoveryFilter {
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

/**
 * Cancels a running recovery, in a time that does not depend on its size: it requeues no further delivery, and workers drop its settled
 * deliveries that it made pending. `finishCancelled` and the replayer drop them in portions, and finish its replays. Deliveries that
 * were pending before, or wait for a retry again, stay pending.
 * @returns false if the recovery has already finished
 */
export const cancelRecovery = (
  prisma: PrismaDb,
  { id, tenantId }: Pick<RecoveryRecord, 'id' | 'tenantId'>,
  actor: Actor,
): Promise<boolean> =>
  prisma.$transaction(async (transaction) => {
    const cancelled = await transaction.$executeRaw`
      UPDATE recovery SET cancelled_at = now() WHERE id = ${id}::uuid AND cancelled_at IS NULL
        AND EXISTS (SELECT FROM replay WHERE recovery_id = ${id}::uuid AND status = 'running')`;
    if (cancelled === 0) return false;
    await audit(transaction, actor, {
      action: 'recovery.cancelled',
      tenantId,
      target: id,
      before: { status: 'running' },
      after: { status: 'cancelled' },
    });
    return true;
  });

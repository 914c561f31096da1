import type { Actor, DeliveryStatus } from '@posthorn/core';
import type { Pool } from 'pg';
import { Prisma, type Replay, type ReplayStatus } from '../generated/client.js';
import { countFailedOfReplay } from './count-failed.js';
import { DROP_REPLAYED, dropWaitingOfReplay } from './drop-waiting-of-replay.js';
import { retryTransient } from '../connection/transient.js';
import { audit } from '../audit/audit.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { isConflict } from '../prisma-client/prisma-errors.js';

/** The number of deliveries of a replay by status. */
export type ReplayProgress = Record<Exclude<DeliveryStatus, 'available'>, number>;

/** Returns a replay that is not part of a recovery. @param tenantId null for all tenants */
export async function findReplay(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<Replay | null> {
  return prisma.replay.findFirst({ where: { id, recoveryId: null, ...(tenantId !== null && { tenantId }) } });
}

interface ReplayFilter {
  /** Null for all tenants. */
  tenantId: string | null;
  webhookId?: string | undefined;
  status?: ReplayStatus | undefined;
}

/** Returns replays, newest first, without the replays of recoveries. */
export async function listReplays(
  prisma: PrismaDb,
  { tenantId, webhookId, status }: ReplayFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Replay>> {
  const rows = await prisma.replay.findMany({
    where: {
      recoveryId: null,
      ...(tenantId !== null && { tenantId }),
      ...(webhookId !== undefined && { webhookId }),
      ...(status !== undefined && { status }),
      ...(cursor !== undefined && { id: { lt: cursor } }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Counts the deliveries of a replay by status, except those that were replayed or retried again since. */
export async function readReplayProgress(prisma: PrismaDb, id: string): Promise<ReplayProgress> {
  const rows = await prisma.$queryRaw<{ status: DeliveryStatus; count: number }[]>`
    SELECT status::text AS status, count(*)::integer AS count FROM delivery WHERE replay_id = ${id}::uuid GROUP BY 1`;
  const counts = Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  return { pending: 0, succeeded: 0, failed: 0, dropped: 0, ...counts };
}

/** A WITH query that inserts the rows of `removed`, which were deleted from pending_delivery, as dropped. */
const DROP_REMOVED = Prisma.raw(DROP_REPLAYED);

/** The connections that a cancellation uses. */
interface CancelDeps {
  prisma: PrismaDb;
  /** Counts any number of failed deliveries, so without a short timeout. */
  pool: Pool;
}

/** Maximum number of repetitions of a transaction after a deadlock. */
const MAX_RETRIES = 5;

/** Repeats a cancellation after a deadlock. After another error the caller may repeat it. */
const retryCancel = <Result>(cancel: () => Promise<Result>): Promise<Result> =>
  retryTransient(cancel, { shouldRetry: isConflict, maxRetries: MAX_RETRIES });

/**
 * Cancels a running replay and drops its pending deliveries. Those that had succeeded before are succeeded again. Counts the failed
 * ones first, without a lock, and drops most of those that wait for a retry. Then locks the replay: waits for a chunk that is being
 * requeued and drops it too; no further chunk follows. After a crash it is still running, and can be cancelled again.
 * @returns false if the replay has already finished
 */
export async function cancelReplay(
  { prisma, pool }: CancelDeps,
  { id, tenantId }: Pick<Replay, 'id' | 'tenantId'>,
  actor: Actor,
): Promise<boolean> {
  const failed = await countFailedOfReplay(pool, id);
  if (failed === null) return false;
  await dropWaitingOfReplay(pool, id);
  const cancel = () =>
    prisma.$transaction(async (transaction) => {
      const cancelled = await transaction.$executeRaw`
        UPDATE replay SET status = 'cancelled', finished_at = now(), failed = ${failed} WHERE id = ${id}::uuid AND status = 'running'`;
      if (cancelled === 0) return false;
      await transaction.$executeRaw`
        WITH removed AS (
          DELETE FROM pending_delivery WHERE replay_id = ${id}::uuid AND id = ANY (ARRAY(
            -- Ordered by id, so that workers that change the same deliveries wait instead of deadlocking.
            SELECT id FROM pending_delivery WHERE replay_id = ${id}::uuid ORDER BY id FOR UPDATE
          ))
          RETURNING *
        ), ${DROP_REMOVED}
        SELECT FROM settled`;
      await audit(transaction, actor, {
        action: 'replay.cancelled',
        tenantId,
        target: id,
        before: { status: 'running' },
        after: { status: 'cancelled' },
      });
      return true;
    });
  return retryCancel(cancel);
}

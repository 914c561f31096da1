import type { Actor, DeliveryStatus, DropReason } from '@posthorn/core';
import type { Replay, ReplayStatus } from '../generated/client.js';
import { retryTransient } from '../transient.js';
import { audit } from './audit.js';
import type { PrismaDb } from './client.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { isUnavailable } from './prisma-errors.js';

/** The deliveries of a replay by what has become of them. */
export type ReplayProgress = Record<DeliveryStatus, number>;

/** @param tenantId null for all tenants */
export async function findReplay(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<Replay | null> {
  return prisma.replay.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
}

export interface ReplayFilter {
  /** Null: all tenants. */
  tenantId: string | null;
  webhookId?: string | undefined;
  status?: ReplayStatus | undefined;
}

/** Replays, newest first. */
export async function listReplays(
  prisma: PrismaDb,
  { tenantId, webhookId, status }: ReplayFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Replay>> {
  const rows = await prisma.replay.findMany({
    where: {
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

/** Counts those deliveries of a replay that no later replay or retry has taken over. */
export async function replayProgress(prisma: PrismaDb, id: string): Promise<ReplayProgress> {
  const rows = await prisma.$queryRaw<{ status: DeliveryStatus; count: number }[]>`
    SELECT status::text AS status, count(*)::integer AS count FROM delivery WHERE replay_id = ${id}::uuid GROUP BY 1`;
  const counts = Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  return { pending: 0, succeeded: 0, failed: 0, dropped: 0, ...counts };
}

const CANCELLED: DropReason = 'replay_cancelled';

/**
 * Ends a running replay before its time, and drops what it has pending, which is never more than its runner lets be
 * pending. Locks the replay first: a chunk that is being made is waited for and dropped as well, and none follows.
 * @returns false when it was over already
 */
export async function cancelReplay(
  prisma: PrismaDb,
  { id, tenantId }: Pick<Replay, 'id' | 'tenantId'>,
  actor: Actor,
): Promise<boolean> {
  const cancel = () =>
    prisma.$transaction(async (transaction) => {
      const ended = await transaction.$executeRaw`
        UPDATE replay SET status = 'cancelled', finished_at = now() WHERE id = ${id}::uuid AND status = 'running'`;
      if (ended === 0) return false;
      await transaction.$executeRaw`
        UPDATE delivery SET status = 'dropped', reason = ${CANCELLED}, settled_at = now(), next_attempt_at = NULL,
          parked = false, held = false
        WHERE replay_id = ${id}::uuid AND status = 'pending'`;
      await audit(transaction, actor, {
        action: 'replay.cancelled',
        tenantId,
        target: id,
        before: { status: 'running' },
        after: { status: 'cancelled' },
      });
      return true;
    });
  // Workers record attempts of the same rows meanwhile: a deadlock is resolved by trying again.
  return retryTransient(cancel, { shouldRetry: isUnavailable });
}

import { idTimeMs } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import {
  AVERAGE_MS,
  LAST_ATTEMPT_AT,
  OLDEST_PENDING_ID,
  RECENT_ATTEMPTS,
} from '../statistics/recent-attempts.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';
import type { PrismaDb } from '../prisma-client/client.js';

/** The result of the last attempt of a webhook, the attempts of the 10 minutes up to it, and its backlog. */
export interface RecentAttempts {
  lastStatus: number | null;
  lastError: string | null;
  /** The share of attempts that failed, 0 to 1. Null without attempts since the activation. */
  failureRate: number | null;
  /** The average response time in the last 10 minutes with attempts. */
  averageMs: number | null;
  lastAttemptAt: Date | null;
  /** Whether its tenant is active. Otherwise its health is not evaluated. */
  isOfActiveTenant: boolean;
  /** When the oldest pending delivery was created. */
  oldestPendingAt: Date | null;
}

/** Returns the recent attempts of webhooks, by webhook. */
export async function readRecentAttempts(
  prisma: PrismaDb,
  webhookIds: readonly string[],
): Promise<Map<string, RecentAttempts>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await prisma.$queryRaw<Row[]>`
    SELECT w.id, r.last_status AS "lastStatus", r.last_error AS "lastError", r.failure_rate AS "failureRate",
      ${Prisma.raw(AVERAGE_MS)} AS "averageMs", ${Prisma.raw(LAST_ATTEMPT_AT)} AS "lastAttemptAt",
      ${Prisma.raw(isActiveTenant())} AS "isOfActiveTenant", ${Prisma.raw(OLDEST_PENDING_ID)} AS "oldestPendingId"
    FROM webhook w CROSS JOIN LATERAL ${Prisma.raw(RECENT_ATTEMPTS)} AS r WHERE w.id = ANY (${webhookIds}::uuid[])`;
  return new Map(
    rows.map(({ id, oldestPendingId, ...recent }) => [
      id,
      { ...recent, oldestPendingAt: oldestPendingId === null ? null : new Date(idTimeMs(oldestPendingId)) },
    ]),
  );
}

type Row = Omit<RecentAttempts, 'oldestPendingAt'> & { id: string; oldestPendingId: string | null };

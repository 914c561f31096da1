import { Prisma } from '../generated/client.js';
import { RECENT_ATTEMPTS } from '../sql/fragments/recent-attempts.js';
import type { PrismaDb } from './client.js';

/** The result of the last attempt of a webhook, and the attempts of the 10 minutes up to it. */
export interface RecentAttempts {
  lastStatus: number | null;
  lastError: string | null;
  /** The share of attempts that failed, 0 to 1. Null without attempts since the activation. */
  failureRate: number | null;
}

/** Returns the recent attempts of webhooks, by webhook. */
export async function readRecentAttempts(
  prisma: PrismaDb,
  webhookIds: readonly string[],
): Promise<Map<string, RecentAttempts>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await prisma.$queryRaw<(RecentAttempts & { id: string })[]>`
    SELECT w.id, r.last_status AS "lastStatus", r.last_error AS "lastError", r.failure_rate AS "failureRate"
    FROM webhook w CROSS JOIN LATERAL ${Prisma.raw(RECENT_ATTEMPTS)} AS r WHERE w.id = ANY (${webhookIds}::uuid[])`;
  return new Map(rows.map(({ id, ...recent }) => [id, recent]));
}

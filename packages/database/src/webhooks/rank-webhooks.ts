import { Prisma } from '../generated/client.js';
import {
  AVERAGE_MS,
  LAST_ATTEMPT_AT,
  OLDEST_PENDING_ID,
  RECENT_ATTEMPTS,
} from '../statistics/recent-attempts.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { whereClause } from '../prisma-client/where-clause.js';

/** An order of webhooks by a value that changes with their traffic. */
export type WebhookRanking = 'latency' | 'failureRate' | 'backlog' | 'lastAttempt';

/** Later than the time in any id, in milliseconds. */
const AFTER_ALL_TIMES = 2 ** 48;

/** SQL for the value by which webhook `w` is sorted, largest first; null without one. Each expression reads at most 10 rows. */
const VALUES: Record<WebhookRanking, string> = {
  latency: AVERAGE_MS,
  failureRate: `(SELECT failure_rate FROM ${RECENT_ATTEMPTS} AS recent)`,
  // The older, the larger.
  backlog: `${AFTER_ALL_TIMES} - ('x' || left(translate(${OLDEST_PENDING_ID}::text, '-', ''), 12))::bit(48)::bigint`,
  lastAttempt: `extract(epoch FROM ${LAST_ATTEMPT_AT})`,
};

/** Below all values. */
const WITHOUT_VALUE = -1;

interface RankedWebhook {
  id: string;
  rank: number;
}

/** Returns the first webhooks in the order of the ranking, after a position in it. Webhooks without a value are last, equal ones newest first. */
export async function rankWebhooks(
  prisma: PrismaDb,
  ids: readonly string[],
  { ranking, limit, after }: { ranking: WebhookRanking; limit: number; after: RankedWebhook | null },
): Promise<RankedWebhook[]> {
  const isAfter = after && Prisma.sql`(rank, id) < (${after.rank}::float8, ${after.id}::uuid)`;
  return prisma.$queryRaw<RankedWebhook[]>`
    SELECT id, rank FROM (
      SELECT w.id, coalesce(${Prisma.raw(VALUES[ranking])}, ${WITHOUT_VALUE})::float8 AS rank
      FROM webhook w WHERE w.id = ANY (${ids}::uuid[])
    ) AS ranked ${whereClause([isAfter ?? false])} ORDER BY rank DESC, id DESC LIMIT ${limit}`;
}

import type { LatencyHistogram } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { whereClause } from '../prisma-client/where-clause.js';

export interface StatsFilter {
  from: Date;
  to: Date;
  /** Null for all tenants. */
  tenantId: string | null;
  webhookId?: string | undefined;
}

/** Numbers of attempts and deliveries, and response times. */
export interface Counts {
  attempts: number;
  failedAttempts: number;
  /** Deliveries by their present status. */
  succeeded: number;
  failed: number;
  dropped: number;
  latencies: LatencyHistogram;
}

interface Row<Key> extends Omit<Counts, 'latencies'> {
  key: Key;
  latencies: Record<string, number> | null;
}

/** Returns statistics by interval of `seconds`, aligned to 1970. Empty intervals are absent. */
export async function readStatsByTime(
  prisma: PrismaDb,
  filter: StatsFilter,
  seconds: number,
): Promise<(Counts & { key: Date })[]> {
  const time = Prisma.sql`date_bin(make_interval(secs => ${seconds}), minute, 'epoch')`;
  const query = countsBy(filter, { key: time, order: Prisma.sql`key` });
  return (await prisma.$queryRaw<Row<Date>[]>(query)).map(toCounts);
}

/** Returns statistics by webhook, most attempts first. */
export async function readStatsByWebhook(
  prisma: PrismaDb,
  filter: StatsFilter,
  limit: number,
): Promise<(Counts & { key: string })[]> {
  const order = Prisma.sql`attempts DESC, key LIMIT ${limit}`;
  const query = countsBy(filter, { key: Prisma.sql`webhook_id`, order });
  return (await prisma.$queryRaw<Row<string>[]>(query)).map(toCounts);
}

/** Deliveries of a webhook in one interval, by their present status. */
export interface WebhookTrend {
  webhookId: string;
  time: Date;
  succeeded: number;
  failed: number;
  /** Attempts, also of deliveries that succeeded later. */
  failedAttempts: number;
}

/** Returns statistics by webhook and interval of `seconds`. Empty intervals are absent. */
export async function readWebhookTrends(
  prisma: PrismaDb,
  { from, to, tenantId, webhookIds }: Omit<StatsFilter, 'webhookId'> & { webhookIds: string[] },
  seconds: number,
): Promise<WebhookTrend[]> {
  const where = whereClause([
    Prisma.sql`webhook_id = ANY (${webhookIds}::uuid[]) AND minute >= ${from} AND minute < ${to}`,
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
  ]);
  return prisma.$queryRaw<WebhookTrend[]>`
    SELECT webhook_id AS "webhookId", date_bin(make_interval(secs => ${seconds}), minute, 'epoch') AS time,
      sum(delivered)::float8 AS succeeded, sum(failed)::float8 AS failed,
      sum(attempts - succeeded)::float8 AS "failedAttempts"
    FROM webhook_minute_stats ${where} GROUP BY 1, 2`;
}

function countsBy(
  { from, to, tenantId, webhookId }: StatsFilter,
  { key, order }: { key: Prisma.Sql; order: Prisma.Sql },
): Prisma.Sql {
  const where = whereClause([
    Prisma.sql`minute >= ${from} AND minute < ${to}`,
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
    webhookId !== undefined && Prisma.sql`webhook_id = ${webhookId}::uuid`,
  ]);
  return Prisma.sql`
    WITH selected AS (
      SELECT ${key} AS key, attempts, succeeded, delivered, failed, dropped, latency_buckets, latency_counts FROM webhook_minute_stats ${where}
    ), latency AS (
      SELECT key, jsonb_object_agg(bucket, responses) AS latencies
      FROM (
        SELECT key, bucket, sum(responses) AS responses
        FROM selected, unnest(latency_buckets, latency_counts) AS latency (bucket, responses)
        GROUP BY key, bucket
      ) AS summed
      GROUP BY key
    ), counted AS (
      SELECT key, sum(attempts)::float8 AS attempts, sum(attempts - succeeded)::float8 AS "failedAttempts",
        sum(delivered)::float8 AS succeeded, sum(failed)::float8 AS failed, sum(dropped)::float8 AS dropped
      FROM selected GROUP BY key
    )
    SELECT * FROM counted LEFT JOIN latency USING (key) ORDER BY ${order}`;
}

const toCounts = <Key>({ latencies, ...counts }: Row<Key>): Counts & { key: Key } => ({
  ...counts,
  latencies: new Map(Object.entries(latencies ?? {}).map(([bucket, count]) => [Number(bucket), count])),
});

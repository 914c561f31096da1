import {
  MAX_STATS_INTERVALS,
  MAX_STATS_WEBHOOKS,
  MAX_TREND_INTERVALS,
  STATS_INTERVALS,
} from '@posthorn/contract';
import { encodeId, latencyQuantile, PosthornError, fieldError, type FieldError } from '@posthorn/core';
import {
  type Counts,
  readStatsByTime,
  readStatsByWebhook,
  readWebhookTrends,
  type WebhookTrend,
} from '@posthorn/database/statistics/prisma';
import type { Handler } from '../calls/handler.js';
import { readPending } from '../deliveries/pending-deliveries.js';
import { listedTenantOrAll } from '../access/tenancy.js';
import type { OverviewDeps } from './deps.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const getStats: Handler<'getStats', OverviewDeps> = async (
  { caller, query },
  { prisma, history, historyPool, slots },
) => {
  const { interval, webhookId } = query;
  const stepMs = STATS_INTERVALS[interval] * 1000;
  const { from, to } = range(query, { stepMs, defaultMs: HOUR_MS, max: MAX_STATS_INTERVALS });
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const filter = { from, to, tenantId, webhookId };
  const [byTime, byWebhook, pending] = await Promise.all([
    readStatsByTime(history, filter, STATS_INTERVALS[interval]),
    readStatsByWebhook(history, filter, MAX_STATS_WEBHOOKS),
    readPending({ pool: historyPool, slots }, { tenantId, webhookId }),
  ]);
  const counted = new Map(byTime.map((counts) => [counts.key.getTime(), counts]));
  return {
    status: 200,
    body: {
      from: from.toISOString(),
      to: to.toISOString(),
      interval,
      total: serializeCounts(sum(byTime)),
      pending,
      intervals: timesOf({ from, to }, stepMs).map((timeMs) =>
        Object.assign(
          { time: new Date(timeMs).toISOString() },
          serializeCounts(counted.get(timeMs) ?? EMPTY),
        ),
      ),
      webhooks: byWebhook.map((counts) =>
        Object.assign({ webhookId: encodeId('webhook', counts.key) }, serializeCounts(counts)),
      ),
    },
  };
};

export const getWebhookTrends: Handler<'getWebhookTrends', OverviewDeps> = async (
  { caller, query },
  { prisma, history },
) => {
  const { interval, webhookIds } = query;
  const stepMs = STATS_INTERVALS[interval] * 1000;
  const span = range(query, { stepMs, defaultMs: DAY_MS, max: MAX_TREND_INTERVALS });
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const trends = await readWebhookTrends(
    history,
    { ...span, tenantId, webhookIds },
    STATS_INTERVALS[interval],
  );
  const known = new Map(trends.map((trend) => [keyOf(trend.webhookId, trend.time.getTime()), trend]));
  const times = timesOf(span, stepMs);
  return {
    status: 200,
    body: {
      data: webhookIds.map((id) => ({
        webhookId: encodeId('webhook', id),
        intervals: times.map((timeMs) => serializeTrend(timeMs, known.get(keyOf(id, timeMs)))),
      })),
    },
  };
};

const keyOf = (webhookId: string, timeMs: number): string => `${webhookId} ${timeMs}`;

function serializeTrend(timeMs: number, trend: WebhookTrend | undefined) {
  const { succeeded = 0, failed = 0, failedAttempts = 0 } = trend ?? {};
  return { time: new Date(timeMs).toISOString(), succeeded, failed, failedAttempts };
}

interface Range {
  from: Date;
  to: Date;
}

/** Returns the requested range rounded to whole intervals in UTC. @throws PosthornError beyond `max` intervals */
function range(
  query: { from?: Date | undefined; to?: Date | undefined },
  { stepMs, defaultMs, max }: { stepMs: number; defaultMs: number; max: number },
): Range {
  const toMs = query.to?.getTime() ?? Date.now();
  const fromMs = query.from?.getTime() ?? toMs - defaultMs;
  if (fromMs >= toMs) throw invalid(fieldError('to', 'not_later', { start: 'from' }));
  const from = Math.floor(fromMs / stepMs) * stepMs;
  const to = Math.ceil(toMs / stepMs) * stepMs;
  if (to - from > max * stepMs) throw invalid(fieldError('from', 'too_many_intervals', { max }));
  return { from: new Date(from), to: new Date(to) };
}

const invalid = (error: FieldError) => new PosthornError('invalid_input', { errors: [error] });

const timesOf = ({ from, to }: Range, stepMs: number): number[] =>
  Array.from(
    { length: (to.getTime() - from.getTime()) / stepMs },
    (_, index) => from.getTime() + index * stepMs,
  );

const EMPTY: Counts = {
  attempts: 0,
  failedAttempts: 0,
  succeeded: 0,
  failed: 0,
  dropped: 0,
  latencies: new Map(),
};

function sum(all: readonly Counts[]): Counts {
  const latencies = new Map<number, number>();
  for (const [bucket, count] of all.flatMap((counts) => [...counts.latencies]))
    latencies.set(bucket, (latencies.get(bucket) ?? 0) + count);
  const totalOf = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0);
  return {
    attempts: totalOf((counts) => counts.attempts),
    failedAttempts: totalOf((counts) => counts.failedAttempts),
    succeeded: totalOf((counts) => counts.succeeded),
    failed: totalOf((counts) => counts.failed),
    dropped: totalOf((counts) => counts.dropped),
    latencies,
  };
}

function serializeCounts({ attempts, failedAttempts, succeeded, failed, dropped, latencies }: Counts) {
  return {
    succeeded,
    failed,
    dropped,
    attempts,
    failedAttempts,
    successRate: attempts === 0 ? null : (attempts - failedAttempts) / attempts,
    latencyMs: {
      p50: latencyQuantile(latencies, 0.5),
      p95: latencyQuantile(latencies, 0.95),
      p99: latencyQuantile(latencies, 0.99),
    },
  };
}

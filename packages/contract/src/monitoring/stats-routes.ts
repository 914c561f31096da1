import { z } from 'zod';
import { apiId, idOf } from '../values/ids.js';
import { timeRange, timestamp } from '../values/lists.js';
import { pending } from '../deliveries/pending.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';

/** The length of each interval, in seconds. */
export const STATS_INTERVALS = { minute: 60, hour: 3600, day: 86_400 } as const;

/** Maximum number of intervals in one response: slightly more than the minutes of a day. */
export const MAX_STATS_INTERVALS = 1500;

/** Maximum number of webhooks in one response. */
export const MAX_STATS_WEBHOOKS = 200;

const statsInterval = z.enum(['minute', 'hour', 'day']).meta({ id: 'StatsInterval' });

const count = z.int();
const milliseconds = z.int().nullable();

const counts = {
  succeeded: count.meta({ description: 'The number of deliveries that have succeeded.' }),
  failed: count.meta({
    description: 'The number of deliveries that have failed, without those that were recovered since.',
  }),
  dropped: count.meta({
    description: 'The number of deliveries that were dropped, for example by a suspension.',
  }),
  attempts: count.meta({ description: 'The number of attempts, including retries.' }),
  failedAttempts: count.meta({ description: 'The number of attempts that failed, including retries.' }),
  successRate: z
    .number()
    .nullable()
    .meta({ description: 'The share of attempts that succeeded, 0 to 1. Null without attempts.' }),
  latencyMs: z.strictObject({ p50: milliseconds, p95: milliseconds, p99: milliseconds }).meta({
    id: 'LatencyPercentiles',
    description:
      'Percentiles of the response time of receivers, in milliseconds, accurate to 5 %. Null without responses.',
  }),
};

const stats = z
  .strictObject({
    from: timestamp,
    to: timestamp,
    interval: statsInterval,
    total: z.strictObject(counts).meta({ id: 'StatsTotal' }),
    pending,
    intervals: z
      .array(
        z
          .strictObject({ time: timestamp.meta({ description: 'The start of the interval.' }), ...counts })
          .meta({ id: 'StatsOfInterval' }),
      )
      .meta({ description: 'All intervals of the range, oldest first.' }),
    webhooks: z
      .array(z.strictObject({ webhookId: apiId('webhook'), ...counts }).meta({ id: 'StatsOfWebhook' }))
      .meta({ description: `The webhooks with the most attempts, at most ${MAX_STATS_WEBHOOKS}.` }),
  })
  .meta({ id: 'Stats' });

/** Maximum number of intervals per webhook in the trends of many webhooks. */
export const MAX_TREND_INTERVALS = 100;

const webhookTrends = z
  .strictObject({
    data: z
      .array(
        z
          .strictObject({
            webhookId: apiId('webhook'),
            intervals: z
              .array(
                z
                  .strictObject({
                    time: timestamp,
                    succeeded: counts.succeeded,
                    failed: counts.failed,
                    failedAttempts: counts.failedAttempts,
                  })
                  .meta({ id: 'TrendInterval' }),
              )
              .meta({ description: 'All intervals of the range, oldest first.' }),
          })
          .meta({ id: 'WebhookTrend' }),
      )
      .meta({
        description:
          'One entry per requested webhook, in the order of the request. Unknown webhooks have zero counts.',
      }),
  })
  .meta({ id: 'WebhookTrends' });

const webhookIds = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .pipe(z.array(idOf('webhook')).max(MAX_STATS_WEBHOOKS))
  .meta({
    type: 'string',
    description: `Webhook ids separated by commas, at most ${MAX_STATS_WEBHOOKS}.`,
    example: 'wh_01jw000000e008000000000001,wh_01jw000000e008000000000002',
  });

export const statsRoutes = {
  getWebhookTrends: {
    tag: 'Stats',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/stats/webhooks',
    summary: 'Get delivery trends of webhooks',
    description:
      'Returns the succeeded and failed deliveries and the failed attempts of many webhooks over time, for example for a sparkline per webhook in a list.',
    query: z.strictObject({
      webhookIds,
      from: timeRange.from.meta({
        description: 'The start of the range, rounded down to an interval. Default: one day before `to`.',
      }),
      to: timeRange.to.meta({
        description: 'The end of the range, rounded up to an interval. Default: now.',
      }),
      interval: statsInterval.default('hour').meta({
        description: `The length of an interval, in UTC. A range can have at most ${MAX_TREND_INTERVALS} intervals.`,
      }),
      tenantId: listedTenant.optional(),
    }),
    responses: { 200: { description: 'The trends.', body: webhookTrends } },
    errors: ['not_found'],
  },
  getStats: {
    tag: 'Stats',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/stats',
    summary: 'Get delivery statistics',
    description:
      'Returns counts, success rate and latency percentiles, by time and by webhook. Attempts count in the minute in which they ' +
      'started. A delivery counts once, by its present status, in the minute in which it was settled: one that is retried, replayed ' +
      'or recovered is pending, and counts again when it is settled. Statistics are updated every 10 seconds and kept for ' +
      '30 days. Without `tenantId`, a key for all tenants gets the statistics of all tenants.',
    query: z.strictObject({
      from: timeRange.from.meta({
        description: 'The start of the range, rounded down to an interval. Default: one hour before `to`.',
      }),
      to: timeRange.to.meta({
        description: 'The end of the range, rounded up to an interval. Default: now.',
      }),
      interval: statsInterval.default('minute').meta({
        description: `The length of an interval, in UTC. A range can have at most ${MAX_STATS_INTERVALS} intervals.`,
      }),
      webhookId: idOf('webhook').optional(),
      tenantId: listedTenant.optional(),
    }),
    responses: { 200: { description: 'The statistics.', body: stats } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;

import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { apiId, idOf } from './ids.js';
import { timeRange, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';

/** Seconds of each. */
export const STATS_INTERVALS = { minute: 60, hour: 3600, day: 86_400 } as const;

/** Most intervals of one answer: a day of minutes, and some. */
export const MAX_STATS_INTERVALS = 1500;

/** Most webhooks of one answer. */
export const MAX_STATS_WEBHOOKS = 200;

const count = z.int();
const milliseconds = z.int().nullable();

const counts = {
  succeeded: count.meta({ description: 'Deliveries that a receiver took.' }),
  failed: count.meta({ description: 'Deliveries that were given up.' }),
  dropped: count.meta({ description: 'Deliveries that were dropped, such as by a suspension.' }),
  attempts: count.meta({ description: 'Requests, the repeated ones included.' }),
  successRate: z
    .number()
    .nullable()
    .meta({ description: 'The share of attempts that succeeded, 0 to 1; null without attempts.' }),
  latencyMs: z
    .strictObject({ p50: milliseconds, p95: milliseconds, p99: milliseconds })
    .meta({ description: 'How long receivers took to answer, right to 5 %; null without answers.' }),
};

const stats = z
  .strictObject({
    from: timestamp,
    to: timestamp,
    interval: z.enum(['minute', 'hour', 'day']),
    total: z.strictObject(counts),
    intervals: z
      .array(z.strictObject({ time: timestamp.meta({ description: 'Its beginning.' }), ...counts }))
      .meta({ description: 'Every interval of the range, the earliest first.' }),
    webhooks: z
      .array(z.strictObject({ webhookId: apiId('webhook'), ...counts }))
      .meta({ description: `Those with the most attempts, at most ${MAX_STATS_WEBHOOKS}.` }),
  })
  .meta({ id: 'Stats' });

/** Most intervals of each webhook where many are asked for. */
export const MAX_TREND_INTERVALS = 100;

const webhookTrends = z
  .strictObject({
    data: z
      .array(
        z.strictObject({
          webhookId: apiId('webhook'),
          intervals: z
            .array(z.strictObject({ time: timestamp, succeeded: counts.succeeded, failed: counts.failed }))
            .meta({ description: 'Every interval of the range, the earliest first.' }),
        }),
      )
      .meta({
        description:
          'One for each webhook that was asked for, in that order; zeros where nothing is known of it.',
      }),
  })
  .meta({ id: 'WebhookTrends' });

const webhookIds = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .pipe(z.array(idOf('webhook')).max(MAX_STATS_WEBHOOKS))
  .meta({
    type: 'string',
    description: `At most ${MAX_STATS_WEBHOOKS}, with commas between them.`,
    example: 'wh_01jw000000e008000000000001,wh_01jw000000e008000000000002',
  });

export const statsRoutes = {
  getWebhookTrends: {
    tag: 'Stats',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/stats/webhooks',
    summary: 'Count what became of the deliveries of many webhooks, by time',
    description: 'What a small plot beside each webhook of a list needs, in one call.',
    query: z.strictObject({
      webhookIds,
      from: timeRange.from.meta({ description: 'Rounded down to an interval; a day before `to` if absent.' }),
      to: timeRange.to.meta({ description: 'Rounded up to an interval; now if absent.' }),
      interval: z
        .enum(['minute', 'hour', 'day'])
        .default('hour')
        .meta({ description: `In UTC. A range has at most ${MAX_TREND_INTERVALS} of them.` }),
      tenantId: tenantReference.optional(),
    }),
    answers: { 200: { description: 'The counts.', body: webhookTrends } },
    errors: ['not_found'],
  },
  getStats: {
    tag: 'Stats',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/stats',
    summary: 'Count what became of deliveries, by webhook and by time',
    description:
      'Attempts count for the minute that they began in, deliveries for the minute that they were settled in. Counted ' +
      'every 10 seconds, and kept for 30 days by the minute. A key for all tenants that names no `tenantId` counts all.',
    query: z.strictObject({
      from: timeRange.from.meta({
        description: 'Rounded down to an interval; an hour before `to` if absent.',
      }),
      to: timeRange.to.meta({ description: 'Rounded up to an interval; now if absent.' }),
      interval: z
        .enum(['minute', 'hour', 'day'])
        .default('minute')
        .meta({ description: `In UTC. A range has at most ${MAX_STATS_INTERVALS} of them.` }),
      webhookId: idOf('webhook').optional(),
      tenantId: tenantReference.optional(),
    }),
    answers: { 200: { description: 'The counts.', body: stats } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;

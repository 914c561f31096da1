import { z } from 'zod';
import { rule } from '../values/rule.js';
import { apiId } from '../values/ids.js';
import { pageOf, pageQuery } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';

/** What usage can be grouped by. */
const USAGE_GROUPS = ['tenant', 'day'] as const;

export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** The formats of all rows at once, by their media types. */
export const USAGE_FORMATS = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' } as const;

/** The position of a row: its day and the UUID of its tenant, of those that the rows have. */
export interface UsageCursor {
  day: string | null;
  tenantId: string | null;
}

export const encodeUsageCursor = ({ day, tenantId }: UsageCursor): string =>
  Buffer.from(`${day ?? ''} ${tenantId ?? ''}`).toString('base64url');

/** PostgreSQL and the calendar have no year 0. */
const AFTER_YEAR_0 = /^(?:[1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])-/;

const isDay = (text: string): boolean => z.iso.date().safeParse(text).success && AFTER_YEAR_0.test(text);

/** The day, if any, and the tenant, if any. */
const POSITION = /^(\d{4}-\d{2}-\d{2})? ([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})?$/;

const cursor = z
  .string()
  .max(100)
  .transform((text, context): UsageCursor => {
    const [matched, day = null, tenantId = null] =
      POSITION.exec(Buffer.from(text, 'base64url').toString()) ?? [];
    if (matched !== undefined && (day === null || isDay(day))) return { day, tenantId };
    context.addIssue({ code: 'custom', message: rule('not_cursor') });
    return z.NEVER;
  })
  .optional()
  .meta({
    description: 'The `nextCursor` of the previous page with the same `groupBy`. Default: the first page.',
  });

const isGroup = (name: string): name is UsageGroup => USAGE_GROUPS.some((group) => group === name);

const groupBy = z
  .string()
  .transform((text, context): UsageGroup[] => {
    const names = [...new Set(text.split(','))];
    if (names.every(isGroup)) return names;
    context.addIssue({ code: 'custom', message: rule('one_of', { choices: 'tenant, day, tenant,day' }) });
    return z.NEVER;
  })
  .default(['tenant', 'day'])
  .meta({
    type: 'string',
    default: 'tenant,day',
    pattern: '^(?:tenant|day)(?:,(?:tenant|day))?$',
    description: 'What a row is of: `tenant`, `day` or both.',
  });

const day = z.iso
  .date(rule('not_day', { example: '2026-01-31' }))
  .regex(AFTER_YEAR_0, rule('not_day', { example: '2026-01-31' }));

const count = z.int();

const usageRow = z
  .strictObject({
    day: z.iso.date().nullable().meta({
      description: 'The day in UTC. Null if the rows are not grouped by day.',
      example: '2026-01-31',
    }),
    tenantId: apiId('tenant').nullable().meta({
      description: 'The tenant. Null if the rows are not grouped by tenant.',
    }),
    tenantName: z.string().nullable().meta({
      description: 'The name of the tenant. Null without `tenantId`, or if the tenant no longer exists.',
    }),
    events: count.meta({ description: 'The number of accepted events, by the day of their `createdAt`.' }),
    deliveries: count.meta({
      description: 'The number of deliveries of these events, whatever their status.',
    }),
    attempts: count.meta({
      description: 'The number of attempts, including retries, by the day on which they started.',
    }),
    bytes: count.meta({ description: 'The size of the bodies of the accepted events, in bytes.' }),
  })
  .meta({ id: 'UsageRow' });

export type UsageRowResponse = z.input<typeof usageRow>;

export const usageRoutes = {
  getUsage: {
    tag: 'Usage',
    scope: 'admin:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/usage',
    summary: 'Get usage',
    description:
      'Returns what was accepted and sent on each day (UTC), oldest first; exact, and up to now. It is kept for 24 months, also ' +
      'when events have expired or were erased, and when the tenant is gone. Rows without usage are absent. With `Accept: text/csv` ' +
      'or `application/x-ndjson`, or with `format`, the response has all rows, whatever `limit` is. Without `tenantId`, a key for all tenants ' +
      'gets the usage of all tenants.',
    query: z.strictObject({
      ...pageQuery,
      cursor,
      from: day.optional().meta({ description: 'The first day, in UTC. Default: 29 days before `to`.' }),
      to: day.optional().meta({ description: 'The last day, in UTC, included. Default: today.' }),
      groupBy,
      tenantId: listedTenant.optional(),
      format: z.enum(['json', 'csv', 'ndjson']).meta({ id: 'UsageFormat' }).optional().meta({
        description: 'The format of the response, instead of the `Accept` header.',
      }),
    }),
    responses: {
      200: {
        description: 'The usage.',
        body: pageOf(usageRow, 'UsagePage'),
        rowTypes: ['text/csv', 'application/x-ndjson'],
      },
    },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;

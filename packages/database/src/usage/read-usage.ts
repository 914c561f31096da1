import type pg from 'pg';
import { countedUsage, USAGE_COUNTS } from './counted-usage.js';

/** What usage is grouped by. */
export type UsageGroup = 'tenant' | 'day';

/** The last row of the previous page: its day and its tenant, of those that the rows have. */
export interface UsagePosition {
  day: string | null;
  tenantId: string | null;
}

export interface UsageFilter {
  /** The first and the last day, as `2031-05-30`. */
  from: string;
  to: string;
  /** Null for all tenants. */
  tenantId: string | null;
  groupBy: readonly UsageGroup[];
}

/** The usage of a day, of a tenant, or of a tenant on a day. */
export interface UsageRow extends UsagePosition {
  tenantName: string | null;
  events: number;
  deliveries: number;
  attempts: number;
  bytes: number;
}

interface UsagePageRequest {
  limit: number;
  after?: UsagePosition | undefined;
}

export interface UsagePage {
  items: UsageRow[];
  /** The position of the last item if there are more. */
  next: UsagePosition | null;
}

/** The sort order: the day first. */
const KEYS = [
  { group: 'day', column: 'day', after: '$4' },
  { group: 'tenant', column: 'tenant_id', after: '$5' },
] as const;

const SUMS = USAGE_COUNTS.map((count) => `sum(${count}) AS ${count}`).join(', ');
const RESULTS = USAGE_COUNTS.map((count) => `${count}::float8`).join(', ');

/** The start of an attempt is at most some seconds before its end, whose time is in its id. */
const MAX_DURATION = `interval '1 hour'`;

function readStatement(groupBy: readonly UsageGroup[]): string {
  const parts = KEYS.filter(({ group }) => groupBy.includes(group));
  const keys = parts.map(({ column }) => column).join(', ');
  const isAfter = `(${keys}) > (${parts.map(({ after }) => after).join(', ')})`;
  const selected = `day BETWEEN $1::date AND $2::date AND ($3::uuid IS NULL OR tenant_id = $3)
    AND ($4::date IS NULL AND $5::uuid IS NULL OR ${isAfter})`;
  const page = (rows: string, where = ''): string =>
    `SELECT ${keys}, ${SUMS} FROM (${rows}) AS rows ${where} GROUP BY ${keys} ORDER BY ${keys} LIMIT $6`;
  const select = (rows: string): string => page(rows, `WHERE ${selected}`);
  const recent = countedUsage({
    from: '(SELECT counted_until FROM progress)',
    to: null,
    where: '($3::uuid IS NULL OR tenant_id = $3)',
  });
  const byTenant = groupBy.includes('tenant');
  return `
WITH progress AS MATERIALIZED (
  SELECT counted_until FROM usage_progress WHERE $2::date >= ((counted_until - ${MAX_DURATION}) AT TIME ZONE 'UTC')::date
), stored AS (
  -- Each part is limited to a page, so that it reads no more of an index than it needs.
  ${select('SELECT * FROM usage_day')}
), late AS (
  ${select('SELECT * FROM usage_late')}
), recent AS (
  -- The last minutes, which are not in usage_day yet.
  ${select(recent)}
), usage AS (
  ${page('SELECT * FROM stored UNION ALL SELECT * FROM late UNION ALL SELECT * FROM recent')}
)
SELECT ${groupBy.includes('day') ? 'day::text' : 'NULL AS day'}, ${byTenant ? 'tenant_id' : 'NULL'} AS "tenantId",
  ${byTenant ? '(SELECT name FROM tenant WHERE tenant.id = tenant_id)' : 'NULL'} AS "tenantName", ${RESULTS}
FROM usage ORDER BY ${keys}`;
}

/** Returns the usage, exact at this moment. Rows without usage are absent. */
export async function readUsage(
  pool: pg.Pool,
  { from, to, tenantId, groupBy }: UsageFilter,
  { limit, after }: UsagePageRequest,
): Promise<UsagePage> {
  const { rows } = await pool.query<UsageRow>(readStatement(groupBy), [
    from,
    to,
    tenantId,
    after?.day ?? null,
    after?.tenantId ?? null,
    limit + 1,
  ]);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { day: last.day, tenantId: last.tenantId } : null };
}

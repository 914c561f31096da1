import { patternsMatching } from '@posthorn/core';
import type pg from 'pg';

const SQL = `
SELECT t.position, sum(s.count)::int AS count
FROM unnest($1::int[], $2::uuid[], $3::text[]) AS t (position, tenant_id, pattern)
CROSS JOIN LATERAL (
  SELECT count(*) FROM webhook_subscription s WHERE s.tenant_id = t.tenant_id AND s.pattern = t.pattern
) AS s
GROUP BY t.position`;

/**
 * Returns the number of subscriptions that match each type of a tenant, in the same order. At least the number of deliveries
 * of an event: inactive webhooks count, and one with several matching patterns counts several times.
 */
export async function countSubscriptions(
  pool: pg.Pool,
  types: readonly { tenantId: string; type: string }[],
): Promise<number[]> {
  const rows = types.flatMap(({ tenantId, type }, position) =>
    patternsMatching(type).map((pattern) => ({ position, tenantId, pattern })),
  );
  const result = await pool.query<{ position: number; count: number }>(SQL, [
    rows.map(({ position }) => position),
    rows.map(({ tenantId }) => tenantId),
    rows.map(({ pattern }) => pattern),
  ]);
  const counts = new Map(result.rows.map(({ position, count }) => [position, count]));
  return types.map((_, position) => counts.get(position) ?? 0);
}

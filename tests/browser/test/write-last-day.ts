import { connect } from '@posthorn/database';
import type { Stack } from '@posthorn/local';

/** Buckets of latencies (packages/core) hold answers within about 40, 90 and 300 ms. */
const WRITE = `
INSERT INTO webhook_minute_stats (
  minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, latency_buckets, latency_counts
)
SELECT minute, id, tenant_id, taken + lost, taken, lost, 0,
  ARRAY[38 + noise, 46 + noise, 60 - noise]::smallint[], ARRAY[taken, taken / 8 + 1, taken / 40 + lost / 4 + 1]
FROM webhook
CROSS JOIN generate_series(date_trunc('minute', now()) - interval '1 day', now() - interval '2 minutes', '1 minute') AS minute
CROSS JOIN LATERAL (
  SELECT extract(epoch FROM minute)::bigint / 60 AS number, url = $1 AND minute > now() - interval '12 minutes' AS broken
) AS at
CROSS JOIN LATERAL (SELECT (1.5 + sin(number / 17.0) + sin(number / 5.0) / 2)::int AS noise, (40 + 22 * sin(number / 9.0) + number * 5 % 13)::int AS sent) AS load
CROSS JOIN LATERAL (
  SELECT CASE WHEN broken THEN sent / 2 WHEN number % 11 = 0 THEN 2 ELSE 0 END AS lost
) AS fault
CROSS JOIN LATERAL (SELECT sent - lost AS taken) AS rest
WHERE status = 'active'`;

/**
 * Puts on record what a day with the active webhooks could have been, so that plots have something to show. Of late half of what
 * goes to `brokenUrl` fails.
 */
export async function writeLastDay({ databaseUrl }: Stack, brokenUrl: string): Promise<void> {
  const { pool, stop } = connect({ url: databaseUrl, applicationName: 'posthorn browser tests' });
  try {
    await pool.query(WRITE, [brokenUrl]);
  } finally {
    await stop();
  }
}

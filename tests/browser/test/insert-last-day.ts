import { connect } from '@posthorn/database/connection';
import type { Stack } from '@posthorn/local';

/** The latency buckets (packages/core) correspond to responses within about 40, 90 and 300 ms. */
const INSERT = `
INSERT INTO webhook_minute_stats (
  minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, last_status, latency_buckets, latency_counts
)
SELECT minute, id, tenant_id, ok_count + failed_count, ok_count, failed_count, 0, 200,
  ARRAY[38 + jitter, 46 + jitter, 60 - jitter]::smallint[], ARRAY[ok_count, ok_count / 8 + 1, ok_count / 40 + failed_count / 4 + 1]
FROM webhook
CROSS JOIN generate_series(date_trunc('minute', now()) - interval '1 day', now() - interval '2 minutes', '1 minute') AS minute
CROSS JOIN LATERAL (
  SELECT extract(epoch FROM minute)::bigint / 60 AS number, url = $1 AND minute > now() - interval '12 minutes' AS broken
) AS at
CROSS JOIN LATERAL (SELECT (1.5 + sin(number / 17.0) + sin(number / 5.0) / 2)::int AS jitter, (40 + 22 * sin(number / 9.0) + number * 5 % 13)::int AS total) AS load
CROSS JOIN LATERAL (
  SELECT CASE WHEN broken THEN total / 2 WHEN number % 11 = 0 THEN 2 ELSE 0 END AS failed_count
) AS failures
CROSS JOIN LATERAL (SELECT total - failed_count AS ok_count) AS outcomes
WHERE status = 'active'`;

/**
 * Inserts plausible statistics of one day for the active webhooks, so that plots have data. In the last minutes, half of the
 * requests to `brokenUrl` fail.
 */
export async function insertLastDay({ databaseUrl }: Stack, brokenUrl: string): Promise<void> {
  const { pool, stop } = connect({ url: databaseUrl, applicationName: 'posthorn browser tests' });
  try {
    await pool.query(INSERT, [brokenUrl]);
  } finally {
    await stop();
  }
}

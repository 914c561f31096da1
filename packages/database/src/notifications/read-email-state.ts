import { SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';

/** What became of the emails of this installation. */
export interface EmailState {
  /** Notices that are not sent yet. */
  waiting: number;
  lastSentAt: Date | null;
  /** The last failure that no successful message followed to the same address. */
  lastFailedAt: Date | null;
  lastError: string | null;
}

const READ = `
SELECT (SELECT count(*)::int FROM notice) AS waiting, (SELECT max(last_sent_at) FROM mailbox) AS "lastSentAt",
  failed.last_failed_at AS "lastFailedAt", failed.last_error AS "lastError"
FROM (SELECT) AS one LEFT JOIN LATERAL (
  SELECT last_failed_at, last_error FROM mailbox WHERE last_error IS NOT NULL ORDER BY last_failed_at DESC LIMIT 1
) AS failed ON true`;

export async function readEmailState(pool: pg.Pool): Promise<EmailState> {
  const { rows } = await pool.query<EmailState>(READ);
  return rows[0] ?? { waiting: 0, lastSentAt: null, lastFailedAt: null, lastError: null };
}

/** Returns the number of notices that are not sent yet, to operators and to tenants. */
export async function countNotices(pool: pg.Pool): Promise<{ operator: number; tenant: number }> {
  const { rows } = await pool.query<{ operator: number; tenant: number }>(
    `SELECT count(*) FILTER (WHERE tenant_id = '${SYSTEM_TENANT_ID}')::int AS operator,
      count(*) FILTER (WHERE tenant_id <> '${SYSTEM_TENANT_ID}')::int AS tenant FROM notice`,
  );
  return rows[0] ?? { operator: 0, tenant: 0 };
}

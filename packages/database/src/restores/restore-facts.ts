import type { Connection } from '../connection/transaction.js';

/** What a database says about whether it was restored, and about the erasures that it knows. */
export interface RestoreFacts {
  /** Null before a process has created it. */
  installationId: string | null;
  /** Identifies the database on its server. Another value is another one, or the same one after a restart or a restore. */
  server: string;
  /** See `posthorn_history()`. */
  history: string;
  /** The history that is known to be complete. */
  completeHistory: string;
  /** How many erasures the database knows. */
  erasureCount: number;
  quarantinedAt: Date | null;
}

const READ_FACTS = `
SELECT posthorn_history() AS history,
  concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), (SELECT oid FROM pg_database WHERE datname = current_database()), posthorn_history()) AS server,
  max(value) FILTER (WHERE key = 'installation_id') AS "installationId",
  coalesce(max(value) FILTER (WHERE key = 'history'), '') AS "completeHistory",
  coalesce(max(value) FILTER (WHERE key = 'erasure_count'), '0')::float8 AS "erasureCount",
  (max(value) FILTER (WHERE key = 'quarantined_at'))::timestamptz AS "quarantinedAt"
FROM setting WHERE key IN ('installation_id', 'history', 'erasure_count', 'quarantined_at')`;

/** Returns what a database says about whether it was restored. */
export async function readRestoreFacts(connection: Connection): Promise<RestoreFacts> {
  const { rows } = await connection.query<RestoreFacts>(READ_FACTS);
  const [facts] = rows;
  if (!facts) throw new Error('An aggregate without a row');
  return facts;
}

/** Returns since when the database is quarantined; null if it is not. */
export async function readQuarantinedAt(connection: Connection): Promise<Date | null> {
  return (await readRestoreFacts(connection)).quarantinedAt;
}

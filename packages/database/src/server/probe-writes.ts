import type pg from 'pg';
import { connect, type Database } from '../connection/connect.js';
import { isTransient } from '../connection/transient.js';

/** Timeout of a probe, in milliseconds: the timeout of storing events. */
const TIMEOUT_MS = 3000;

/**
 * A commit that waits for a synchronous replica ignores the statement timeout and the end of its connection: its session would stay
 * until a replica is connected. Such sessions would use up the connections of PostgreSQL.
 */
const END_ABANDONED = `
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = current_user AND datname = current_database() AND application_name = current_setting('application_name')
  AND wait_event = 'SyncRep' AND xact_start < now() - interval '${2 * TIMEOUT_MS} ms'`;

/**
 * One transaction, which needs what storing an event needs: a server that accepts writes, space on the disk of the tables, and a commit that is
 * replicated if there are synchronous replicas.
 */
const PROBE = `
SET LOCAL temp_tablespaces = '';
CREATE TEMPORARY TABLE posthorn_write_probe (n bigint) ON COMMIT DROP;
INSERT INTO posthorn_write_probe SELECT generate_series(1, 2000)`;

/** Opens the connection that `probeWrites` uses. */
export const connectForProbe = (url: string): Database =>
  connect({ url, applicationName: 'posthorn write probe', max: 1, statementTimeoutMs: TIMEOUT_MS });

/**
 * Resolves if PostgreSQL stores what is written. Rejects if it does not.
 * @param pool of `connectForProbe`
 */
export async function probeWrites(pool: pg.Pool): Promise<void> {
  try {
    await pool.query(END_ABANDONED);
    await pool.query(PROBE);
  } catch (error) {
    // A role that may not create temporary tables may still store events.
    if (isTransient(error)) throw error;
  }
}

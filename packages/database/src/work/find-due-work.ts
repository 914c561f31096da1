import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { AUDIT_IS_DUE } from '../audit/audit-repeats.js';
import { PURGE_IS_DUE, RESTART_IS_DUE } from '../erasures/run-erasure.js';
import { tenantDropsDue } from '../deliveries/list-tenants-to-drop.js';
import { dropsDue } from '../deliveries/list-webhooks-to-drop.js';

/** Which kinds of work there are for a producer. */
export interface DueWork {
  operationalEvents: boolean;
  replays: boolean;
  /** Of webhooks or tenants that were suspended or deleted. */
  drops: boolean;
  emails: boolean;
  /** Erasures that run, and purges of tenants that are due, or failed. */
  erasures: boolean;
  /** Entries of the audit log to chain, and periods of repeated actions that are over. */
  auditEntries: boolean;
}

const FIND = `
SELECT EXISTS (SELECT FROM erasure WHERE status = 'running') OR EXISTS (SELECT FROM tenant WHERE ${PURGE_IS_DUE})
    OR EXISTS (SELECT FROM erasure e WHERE ${RESTART_IS_DUE}) AS erasures,
  ${AUDIT_IS_DUE} AS "auditEntries",
  EXISTS (SELECT FROM mailbox WHERE next_at <= now()) AS emails,
  EXISTS (SELECT FROM operational_event) AS "operationalEvents",
  EXISTS (SELECT FROM replay WHERE status = 'running') AS replays,
  EXISTS (SELECT FROM webhook WHERE ${dropsDue('$1')}) OR EXISTS (SELECT FROM tenant WHERE ${tenantDropsDue('$1')}) AS drops`;

/** Finds the work that producers do now and then, in one statement. */
export async function findDueWork(pool: pg.Pool, { dropAgeMs }: { dropAgeMs: number }): Promise<DueWork> {
  const { rows } = await pool.query<DueWork>(preparedStatement(pool, 'find_due_work', FIND, [dropAgeMs]));
  return (
    rows[0] ?? {
      operationalEvents: false,
      replays: false,
      drops: false,
      emails: false,
      erasures: false,
      auditEntries: false,
    }
  );
}

import type { RoleReport } from '@posthorn/database/server';
import { type Finding, ok, warning } from './finding.js';

const DOCS = 'See "A PostgreSQL role for Posthorn" in docs/servers.md.';

/** Checks whether the usage waits for the transactions of all roles that may store events. */
export function checkHiddenRoles({ role, hiddenRoles }: RoleReport): Finding {
  const check = 'usage';
  if (hiddenRoles.length === 0) return ok(check, 'No transaction is hidden from it');
  return warning(
    check,
    `May miss events and attempts in transactions of over two minutes of other roles that may write: ${hiddenRoles.join(', ')}`,
    `GRANT pg_read_all_stats TO ${role}, and to other roles of producers. ${DOCS}`,
  );
}

/**
 * Checks whether a restore of PostgreSQL to an earlier time can be recognized.
 * @param history see `posthorn_history()`
 */
export function checkHistory({ role }: RoleReport, history: string): Finding {
  const check = 'restores';
  if (history !== '') return ok(check, 'Another cluster or timeline of PostgreSQL is recognized');
  return warning(
    check,
    'A restore of PostgreSQL to an earlier time is not recognized, so that erased data may be sent again',
    `As a superuser in this database: GRANT EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_insert_lsn(), pg_walfile_name(pg_lsn) TO ${role}; ` +
      `or run SELECT posthorn_restored() after each restore. ${DOCS}`,
  );
}

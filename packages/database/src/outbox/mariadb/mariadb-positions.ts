import type { OutboxPositions, PositionRange } from '../outbox-bound.js';
import type { Mariadb } from './connect-mariadb.js';

/**
 * The positions of an outbox in MariaDB, which shows ordinary users no transactions. A statement that has drawn a position uses the table until
 * its row is inserted, or never will be; then the row is locked until its transaction ends.
 */
export const mariadbPositions = (mariadb: Mariadb): OutboxPositions => ({
  async last() {
    const [table] = await mariadb.query<{ position: string }>(LAST);
    return table?.position ?? '0';
  },
  watchTransactions() {
    let statementsHaveEnded = false;
    return Promise.resolve(async (range) => {
      statementsHaveEnded ||= await isUnused(mariadb);
      return statementsHaveEnded ? findUnlocked(mariadb, range) : undefined;
    });
  },
  async first({ after, to }) {
    const [row] = await mariadb.query<{ position: string | null }>(FIRST, [after, to]);
    return row?.position ?? null;
  },
});

const LAST = `
SELECT cast(greatest(auto_increment, 1) - 1 AS char) AS position FROM information_schema.tables
WHERE table_schema = database() AND table_name = 'posthorn_outbox'`;

/** Of this database only. Names of databases that differ only in case are equal without BINARY. */
const OPEN_TABLES = "SHOW OPEN TABLES WHERE `Table` = 'posthorn_outbox' AND `Database` = BINARY database()";

/** The server opens the table to find no row. */
const OPEN = 'SELECT 1 FROM posthorn_outbox WHERE position = 0';

/** Returns how many statements use the table, or undefined if the server has closed it. */
async function readUses(mariadb: Mariadb): Promise<number | undefined> {
  const [table] = await mariadb.query<{ In_use: number }>(OPEN_TABLES);
  return table?.In_use;
}

/** Whether no statement uses the table. */
async function isUnused(mariadb: Mariadb): Promise<boolean> {
  const uses = await readUses(mariadb);
  if (uses !== undefined) return uses === 0;
  await mariadb.query(OPEN);
  return (await readUses(mariadb)) === 0;
}

const RANGE =
  'FROM posthorn_outbox FORCE INDEX (PRIMARY) WHERE position > cast(? AS unsigned) AND position <= cast(? AS unsigned)';

const FIRST = `SELECT cast(min(position) AS char) AS position ${RANGE}`;

/** Waits for no lock. With a handler, in which NOWAIT is not allowed: after an error, the connection would be closed. */
const FIND_UNLOCKED = `
SET STATEMENT innodb_lock_wait_timeout = 0 FOR BEGIN NOT ATOMIC
  DECLARE first_position BIGINT UNSIGNED;
  DECLARE has_locked_row BOOLEAN DEFAULT FALSE;
  DECLARE CONTINUE HANDLER FOR 1205 SET has_locked_row = TRUE;
  SELECT position INTO first_position ${RANGE} ORDER BY position LIMIT 1 LOCK IN SHARE MODE;
  SELECT cast(first_position AS char) AS position, has_locked_row AS hasLockedRow;
END`;

/** Returns the first position of a row in a range, or null; undefined if a row before it is locked. */
async function findUnlocked(
  mariadb: Mariadb,
  { after, to }: PositionRange,
): Promise<string | null | undefined> {
  const [results] = await mariadb.query<{ position: string | null; hasLockedRow: number }[]>(FIND_UNLOCKED, [
    after,
    to,
  ]);
  const found = results?.[0];
  return found?.hasLockedRow === 0 ? found.position : undefined;
}

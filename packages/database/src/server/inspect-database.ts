import { clockOffsetMs } from '@posthorn/core';
import type pg from 'pg';
import { readMigrations } from '../migrations.js';

/** The state of a database, for diagnosis. */
interface DatabaseReport {
  /** As PostgreSQL formats it: `18.4`. */
  version: string;
  /** `180004`. */
  versionNumber: number;
  clockOffsetMs: number;
  migrations: MigrationReport;
  replication: ReplicationReport;
  locks: LockReport;
  role: RoleReport;
}

export interface RoleReport {
  /** The role of this connection, quoted for SQL if necessary. */
  role: string;
  /** Connected roles that may store events, but whose transactions are hidden: this role is a member neither of them nor of `pg_read_all_stats`. */
  hiddenRoles: string[];
}

export interface LockReport {
  /** The setting of PostgreSQL, which sizes the lock table. */
  maxLocksPerTransaction: number;
  /** A statement that joins deliveries and events of all days locks each partition and each of its indexes. */
  locksOfLargestStatement: number;
}

export interface ReplicationReport {
  /** Connected replicas. */
  replicas: number;
  /** As configured; empty if all replicas are asynchronous. */
  synchronousStandbyNames: string;
  /** Whether a commit waits for synchronous replicas. */
  commitsWait: boolean;
}

export interface MigrationReport {
  /** Migrations of this version that are not applied. */
  pending: string[];
  /** Applied migrations that this version does not have: the database belongs to a newer version. */
  unknown: string[];
  /** Migrations that did not finish, or whose checksum differs from the applied one. */
  invalid: string[];
}

/** Reads the state of a database. Writes nothing. */
export async function inspectDatabase(pool: pg.Pool, migrationsDir?: string): Promise<DatabaseReport> {
  const { rows } = await pool.query<{ version: string; number: number }>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
            current_setting('server_version_num')::int AS number`,
  );
  return {
    version: rows[0]?.version ?? '',
    versionNumber: rows[0]?.number ?? 0,
    clockOffsetMs: await clockOffsetMs(() => readClock(pool)),
    migrations: await inspectMigrations(pool, migrationsDir),
    replication: await inspectReplication(pool),
    locks: await inspectLocks(pool),
    role: await inspectRole(pool),
  };
}

async function readClock(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now.getTime() ?? Number.NaN;
}

async function inspectReplication(pool: pg.Pool): Promise<ReplicationReport> {
  // The state is hidden from roles without pg_monitor; a base backup that runs counts as a replica for them.
  const { rows } = await pool.query<ReplicationReport>(
    `SELECT (SELECT count(*)::int FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup') AS replicas,
            current_setting('synchronous_standby_names') AS "synchronousStandbyNames",
            current_setting('synchronous_commit') NOT IN ('off', 'local') AS "commitsWait"`,
  );
  return rows[0] ?? { replicas: 0, synchronousStandbyNames: '', commitsWait: false };
}

async function inspectLocks(pool: pg.Pool): Promise<LockReport> {
  const { rows } = await pool.query<LockReport>(
    `SELECT current_setting('max_locks_per_transaction')::int AS "maxLocksPerTransaction", (
       SELECT count(DISTINCT relid) + count(indexrelid)
       FROM unnest(ARRAY[to_regclass('settled_delivery'), to_regclass('event')]) AS parent
       CROSS JOIN LATERAL pg_partition_tree(parent)
       LEFT JOIN pg_index ON indrelid = relid
     )::int AS "locksOfLargestStatement"`,
  );
  return rows[0] ?? { maxLocksPerTransaction: 0, locksOfLargestStatement: 0 };
}

async function inspectRole(pool: pg.Pool): Promise<RoleReport> {
  // Logical replication reads only. Servers of PostgreSQL, such as autovacuum, have no role.
  const { rows } = await pool.query<RoleReport>(
    `SELECT quote_ident(current_user) AS role, ARRAY(
       SELECT DISTINCT usename::text FROM pg_stat_activity
       WHERE datname = current_database() AND query = '<insufficient privilege>'
         AND has_table_privilege(usesysid, to_regclass('event'), 'INSERT')
         AND pid NOT IN (SELECT pid FROM pg_stat_replication)
       ORDER BY 1
     ) AS "hiddenRoles"`,
  );
  return rows[0] ?? { role: '', hiddenRoles: [] };
}

async function inspectMigrations(pool: pg.Pool, migrationsDir?: string): Promise<MigrationReport> {
  const migrations = await readMigrations(migrationsDir);
  const records = new Map((await readAppliedMigrations(pool)).map((record) => [record.name, record]));
  const names = new Set(migrations.map(({ name }) => name));
  return {
    pending: migrations.flatMap(({ name }) => (records.has(name) ? [] : [name])),
    unknown: [...records.keys()].filter((name) => !names.has(name)),
    invalid: migrations.flatMap(({ name, checksum }) => {
      const record = records.get(name);
      return record && (!record.finished || record.checksum !== checksum) ? [name] : [];
    }),
  };
}

interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
}

async function readAppliedMigrations(pool: pg.Pool): Promise<AppliedMigration[]> {
  const { rows: tables } = await pool.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "exists"`,
  );
  if (!tables[0]?.exists) return [];
  const { rows } = await pool.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

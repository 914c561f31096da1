import { clockOffsetMs } from '@posthorn/core';
import type pg from 'pg';
import { readMigrations } from './migrations.js';

/** What a database says of itself, with nothing written. */
export interface DatabaseReport {
  /** As PostgreSQL writes it: `18.4`. */
  version: string;
  /** `180004`. */
  versionNumber: number;
  clockOffsetMs: number;
  migrations: MigrationReport;
}

export interface MigrationReport {
  /** Ours that were not applied. */
  missing: string[];
  /** Applied ones that are not ours: a newer version was here. */
  unknown: string[];
  /** Failed half-way, or not what the database was made with. */
  broken: string[];
}

export async function inspectDatabase(pool: pg.Pool): Promise<DatabaseReport> {
  const { rows } = await pool.query<{ version: string; number: number }>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
            current_setting('server_version_num')::int AS number`,
  );
  return {
    version: rows[0]?.version ?? '',
    versionNumber: rows[0]?.number ?? 0,
    clockOffsetMs: await clockOffsetMs(() => readClock(pool)),
    migrations: await inspectMigrations(pool),
  };
}

async function readClock(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now.getTime() ?? Number.NaN;
}

async function inspectMigrations(pool: pg.Pool): Promise<MigrationReport> {
  const ours = await readMigrations();
  const records = new Map((await appliedMigrations(pool)).map((record) => [record.name, record]));
  const names = new Set(ours.map(({ name }) => name));
  return {
    missing: ours.flatMap(({ name }) => (records.has(name) ? [] : [name])),
    unknown: [...records.keys()].filter((name) => !names.has(name)),
    broken: ours.flatMap(({ name, checksum }) => {
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

async function appliedMigrations(pool: pg.Pool): Promise<AppliedMigration[]> {
  const { rows: tables } = await pool.query<{ there: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there",
  );
  if (!tables[0]?.there) return [];
  const { rows } = await pool.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

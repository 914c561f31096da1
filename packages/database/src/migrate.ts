import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CONNECT_TIMEOUT_MS, describeDatabase } from './connect.js';
import { type Migration, readMigrations } from './migrations.js';
import { isLockTimeout } from './sql/lock-timeout.js';
import { retryTransient } from './transient.js';

/** The advisory lock that `prisma migrate` takes, so that the two exclude each other. */
const MIGRATION_LOCK = 72_707_369;

/**
 * Longest that a migration waits for a lock, in milliseconds: processes of the old version go on working, and whoever needs
 * the table after us queues behind us.
 */
const LOCK_TIMEOUT_MS = 1000;

/** It tries again for about two minutes, with pauses in which the queue drains. */
const MAX_TRIES = 60;

/** Pause between two tries to be the one that migrates. */
const TURN_POLL_MS = 100;

/**
 * Brings the database up to date, once however many processes start together, and answers what was applied.
 * Keeps Prisma's own table, so that `prisma migrate status` and `deploy` agree.
 * @throws Error with one clear line when the server cannot be reached or the history does not fit
 */
export async function migrate(databaseUrl: string, migrationsDir?: string): Promise<{ applied: string[] }> {
  const client = await open(databaseUrl);
  try {
    return await inTurn(databaseUrl, async () => ({
      applied: await applyMissing(client, await readMigrations(migrationsDir)),
    }));
  } finally {
    await client.end();
  }
}

async function open(databaseUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'posthorn migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Every query fails with the reason; the event alone must not end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new Error(`cannot reach PostgreSQL at ${describeDatabase(databaseUrl)}: ${reason(error)}`, {
      cause: error,
    });
  }
}

/**
 * Does the work when nobody else migrates. The turn is kept by a transaction of its own, so that a pooler gives nobody else
 * its connection; and whoever waits holds none, for the one whose turn it is needs two.
 */
async function inTurn<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const turn = await open(databaseUrl);
  try {
    while (!(await takeTurn(turn))) await sleep(TURN_POLL_MS);
    return await work();
  } finally {
    // The turn ends with the connection.
    await turn.end();
  }
}

async function takeTurn(turn: Client): Promise<boolean> {
  await turn.query('BEGIN');
  const { rows } = await turn.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
    MIGRATION_LOCK,
  ]);
  if (rows[0]?.mine) return true;
  await turn.query('ROLLBACK');
  return false;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

async function applyMissing(client: Client, migrations: Migration[]): Promise<string[]> {
  await client.query(`
    CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id varchar(36) PRIMARY KEY NOT NULL,
      checksum varchar(64) NOT NULL,
      finished_at timestamptz,
      migration_name varchar(255) NOT NULL,
      logs text,
      rolled_back_at timestamptz,
      started_at timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0
    )`);
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const known = new Map(rows.map((row) => [row.migration_name, row]));
  const applied: string[] = [];
  for (const migration of migrations) {
    const record = known.get(migration.name);
    if (record) assertSame(migration, record);
    else {
      await applyWhenFree(client, migration);
      applied.push(migration.name);
    }
  }
  return applied;
}

function assertSame(migration: Migration, record: { checksum: string; finished_at: Date | null }): void {
  if (record.finished_at === null) {
    throw new Error(`migration ${migration.name} failed half-way: see "prisma migrate resolve"`);
  }
  if (record.checksum !== migration.checksum) {
    throw new Error(`migration ${migration.name} is not the one that this database was made with`);
  }
}

/** A migration that cannot have its locks at once gives way to those who work, and tries again. */
async function applyWhenFree(client: Client, migration: Migration): Promise<void> {
  let tries = 0;
  const shouldRetry = (error: unknown): boolean => isLockTimeout(error) && (tries += 1) < MAX_TRIES;
  try {
    await retryTransient(() => apply(client, migration), { shouldRetry });
  } catch (error) {
    throw new Error(`migration ${migration.name} failed: ${reason(error)}`, { cause: error });
  }
}

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

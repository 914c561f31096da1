import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  describeConnectError,
  describeDatabase,
  forPg,
  prepareSession,
  sessionSettings,
} from '../connection/connect.js';
import { type Migration, readMigrations } from '../migrations.js';
import { assertOwner, describeRefusal } from './role.js';
import { isLockTimeout } from '../connection/lock-timeout.js';
import { CONNECT_TIMEOUT_MS } from '../connection/statement-timeouts.js';
import { beginStatements } from '../connection/transaction.js';
import { retryTransient } from '../connection/transient.js';

/** The advisory lock of `prisma migrate`, so that it and Posthorn exclude each other. */
const MIGRATION_LOCK = 72_707_369;

/**
 * Maximum wait of a migration for a lock, in milliseconds. Processes of the old version keep running, and every
 * statement on the table queues behind a waiting migration.
 */
const LOCK_TIMEOUT_MS = 1000;

/** Retries for about two minutes. The queue for the table drains in the pauses between attempts. */
const MAX_ATTEMPTS = 60;

/** Pause between two attempts to acquire the migration lock. */
const LOCK_POLL_MS = 100;

interface MigrateOptions {
  /** Default: `prisma/migrations`. */
  migrationsDir?: string;
  /** Accepts a database that a newer version has migrated. */
  allowNewerSchema?: boolean;
}

/**
 * Applies the pending migrations and returns their names. Any number of processes may call it at the same time: each
 * migration is applied once. Updates Prisma's own table, so `prisma migrate status` and `deploy` see the same state.
 * @throws Error with a one-line message if the server is unreachable or read-only, the role has too few permissions, or the applied
 *   migrations do not match or are newer
 */
export async function migrate(
  databaseUrl: string,
  { migrationsDir, allowNewerSchema = false }: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(migrationsDir);
  const client = await open(databaseUrl);
  try {
    const records = await inMigrationTransaction(client, () => readRecords(client));
    if (!allowNewerSchema) assertNotNewer(migrations, records);
    const applied = await applyPending(client, migrations, records);
    await assertOwner(client);
    return { applied };
  } catch (error) {
    throw describeRefusal(error);
  } finally {
    await client.end();
  }
}

async function open(databaseUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: forPg(databaseUrl),
    application_name: 'posthorn migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Whether the server accepts such settings is known before a service opens its connections.
    ...sessionSettings({ url: databaseUrl }),
  });
  // Queries reject with the error. Without a listener, the 'error' event would terminate the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await prepareSession(client, CONNECT_TIMEOUT_MS);
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw new Error(
      `cannot reach PostgreSQL at ${describeDatabase(databaseUrl)}: ${describeConnectError(error)}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Runs `work` in a transaction that holds the migration lock. Its statements may take any time, but PostgreSQL ends it when this process is
 * frozen or cut off, so that others can start.
 */
async function inMigrationTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  while (!(await tryBegin(client))) await sleep(LOCK_POLL_MS);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // If this fails, too, the connection is broken, which ends the transaction.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Begins a transaction. Returns false, without one, if another process holds the lock. */
async function tryBegin(client: Client): Promise<boolean> {
  await client.query(beginStatements({ statementTimeoutMs: 0, lockTimeoutMs: LOCK_TIMEOUT_MS }));
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
    MIGRATION_LOCK,
  ]);
  if (rows[0]?.locked) return true;
  await client.query('ROLLBACK');
  return false;
}

interface MigrationRecord {
  checksum: string;
  finished_at: Date | null;
}

/** Returns the applied migrations by name. Creates Prisma's table if it does not exist. */
async function readRecords(client: Client): Promise<Map<string, MigrationRecord>> {
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
  const { rows } = await client.query<MigrationRecord & { migration_name: string }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return new Map(rows.map((row) => [row.migration_name, row]));
}

function assertNotNewer(migrations: Migration[], records: Map<string, MigrationRecord>): void {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...records.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new Error(
      `the database belongs to a newer version of Posthorn, which applied ${unknown.join(', ')}. ` +
        'Start that version, or see "Roll back a release" in docs/upgrade.md.',
    );
}

async function applyPending(
  client: Client,
  migrations: Migration[],
  records: Map<string, MigrationRecord>,
): Promise<string[]> {
  const applied: string[] = [];
  for (const migration of migrations) {
    const record = records.get(migration.name);
    if (record) assertUnchanged(migration, record);
    else if (await applyWithRetries(client, migration)) applied.push(migration.name);
  }
  return applied;
}

function assertUnchanged(migration: Migration, record: MigrationRecord): void {
  if (record.finished_at === null) {
    throw new Error(`migration ${migration.name} did not finish: see "prisma migrate resolve"`);
  }
  if (record.checksum !== migration.checksum) {
    throw new Error(`migration ${migration.name} differs from the one applied to this database`);
  }
}

/**
 * Applies a migration. After a lock timeout it pauses, so that queued statements can run, and retries. Returns false if another process
 * has applied it meanwhile.
 */
async function applyWithRetries(client: Client, migration: Migration): Promise<boolean> {
  let attempts = 0;
  const shouldRetry = (error: unknown): boolean => isLockTimeout(error) && (attempts += 1) < MAX_ATTEMPTS;
  try {
    return await retryTransient(() => inMigrationTransaction(client, () => apply(client, migration)), {
      shouldRetry,
    });
  } catch (error) {
    throw new Error(`migration ${migration.name} failed: ${messageOf(error)}`, { cause: error });
  }
}

async function apply(client: Client, migration: Migration): Promise<boolean> {
  const { name, sql, checksum } = migration;
  const record = (await readRecords(client)).get(name);
  if (record) {
    assertUnchanged(migration, record);
    return false;
  }
  await client.query(sql);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), checksum, name],
  );
  return true;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

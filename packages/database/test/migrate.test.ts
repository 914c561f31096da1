import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually, type FreshDatabase, startCuttableProxy } from '@posthorn/testkit';
import { useFakeTimeouts } from '@posthorn/testkit/fake-time';
import { Client } from 'pg';
import { CONNECT_TIMEOUT_MS } from '../src/connection/statement-timeouts.js';
import { migrate } from '../src/server/migrate.js';
import { emptyDatabase } from './fixtures/empty-database.js';
import {
  createMigrationsFolder,
  MIGRATIONS_DIR,
  type MigrationsFolder,
} from './fixtures/migrations-folder.js';

const INITIAL = '20261124000000_initial';

let database: FreshDatabase;

beforeEach(async () => {
  database = await emptyDatabase();
});
afterEach(() => database.drop());

async function query(sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Returns a fatal error as PostgreSQL sends it. */
function fatal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}

/** Returns the message of the error that `migrate` throws. */
const migrationError = (url: string, migrationsDir = MIGRATIONS_DIR): Promise<string> =>
  migrate(url, { migrationsDir }).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('migrate', () => {
  it('creates the schema in an empty database, and does nothing when called again', async () => {
    const { applied } = await migrate(database.url);
    expect(applied[0]).toBe(INITIAL);
    expect(await query('SELECT name FROM tenant ORDER BY id')).toEqual([
      { name: 'default' },
      { name: 'system' },
    ]);
    expect(await migrate(database.url)).toEqual({ applied: [] });
  });

  it('applies each migration once when several processes start together', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    const counts = runs.map(({ applied }) => applied.length).toSorted((a, b) => a - b);
    expect(counts.slice(0, 3)).toEqual([0, 0, 0]);
    expect(counts[3]).toBeGreaterThan(0);
  });

  it('writes the records that `prisma migrate` reads', async () => {
    await migrate(database.url);
    expect(await query('SELECT * FROM _prisma_migrations ORDER BY migration_name LIMIT 1')).toMatchObject([
      {
        migration_name: INITIAL,
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        applied_steps_count: 1,
      },
    ]);
  });

  it('rejects a database to which a different migration of the same name was applied', async () => {
    await migrate(database.url);
    await query("UPDATE _prisma_migrations SET checksum = 'other'");
    expect(await migrationError(database.url)).toBe(
      `migration ${INITIAL} differs from the one applied to this database`,
    );
  });

  it('rejects a database with an unfinished migration', async () => {
    await migrate(database.url);
    await query('UPDATE _prisma_migrations SET finished_at = NULL');
    expect(await migrationError(database.url)).toContain('did not finish');
  });

  it('rolls back a migration that fails', async () => {
    await query('CREATE TABLE webhook_validation (conflicting int)');
    expect(await migrationError(database.url)).toBe(
      `migration ${INITIAL} failed: relation "webhook_validation" already exists`,
    );
    expect(await query("SELECT 1 FROM pg_tables WHERE tablename = 'tenant'")).toEqual([]);
    expect(await query('SELECT 1 FROM _prisma_migrations')).toEqual([]);
  });
});

/** Waits until the migration waits for a lock. */
const lockWait = () =>
  eventually(async () => {
    const waiting = await query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'posthorn migrate'`,
    );
    expect(waiting).toHaveLength(1);
  });

describe('migrating to the next version', () => {
  let folder: MigrationsFolder;

  beforeEach(async () => {
    await migrate(database.url);
    folder = await createMigrationsFolder(MIGRATIONS_DIR);
  });
  afterEach(() => folder.remove());

  it('waits for a transaction that uses the table, and blocks others for a moment only', async () => {
    await folder.write('20990101000000_next', 'ALTER TABLE webhook ADD COLUMN next integer');
    const reader = new Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('BEGIN; SELECT FROM webhook');
    const migrated = migrate(database.url, { migrationsDir: folder.path });
    await lockWait();
    // Queued behind the migration, and completed while the transaction is still active.
    expect(await query('SELECT count(*)::int FROM webhook')).toEqual([{ count: 0 }]);
    await reader.query('COMMIT');
    expect(await migrated).toEqual({ applied: ['20990101000000_next'] });
    await reader.end();
  });

  it('is completed by another process if the first one freezes', async () => {
    await folder.write('20990101000000_next', 'ALTER TABLE webhook ADD COLUMN next integer');
    const proxy = await startCuttableProxy(database.url);
    const stalled = proxy.stallAfter('INSERT INTO _prisma_migrations');
    const frozen = migrate(proxy.url, { migrationsDir: folder.path }).catch((error: unknown) => error);
    const connection = await stalled;
    expect(await migrate(database.url, { migrationsDir: folder.path })).toEqual({
      applied: ['20990101000000_next'],
    });
    connection.resume();
    expect(await frozen).toBeInstanceOf(Error);
    await proxy.close();
  });

  it('rolls back a failed migration and keeps the earlier ones', async () => {
    await folder.write('20990101000000_good', 'CREATE TABLE good ()');
    await folder.write('20990102000000_bad', 'CREATE TABLE half (); SELECT 1 / 0');
    expect(await migrationError(database.url, folder.path)).toBe(
      'migration 20990102000000_bad failed: division by zero',
    );
    expect(await query("SELECT tablename FROM pg_tables WHERE tablename IN ('good', 'half')")).toEqual([
      { tablename: 'good' },
    ]);
    await folder.write('20990103000000_after', 'SELECT 1');
    await folder.write('20990102000000_bad', 'CREATE TABLE half ()');
    expect(await migrate(database.url, { migrationsDir: folder.path })).toEqual({
      applied: ['20990102000000_bad', '20990103000000_after'],
    });
  });

  it('rejects a database that a newer version has migrated, unless that is allowed', async () => {
    await folder.write('20990101000000_next', 'ALTER TABLE webhook ADD COLUMN next integer');
    await migrate(database.url, { migrationsDir: folder.path });
    expect(await migrationError(database.url)).toBe(
      'the database belongs to a newer version of Posthorn, which applied 20990101000000_next. ' +
        'Start that version, or see "Roll back a release" in docs/upgrade.md.',
    );
    expect(await migrate(database.url, { allowNewerSchema: true })).toEqual({ applied: [] });
  });
});

describe('migrating as a role', () => {
  const role = `posthorn_test_${randomBytes(6).toString('hex')}`;
  let url: string;

  beforeEach(async () => {
    await query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
  });
  afterEach(() => query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));

  it('that may not create tables fails with a one-line error', async () => {
    expect(await migrationError(url)).toBe(
      'the PostgreSQL role has too few permissions: permission denied for schema public. ' +
        'See "A PostgreSQL role for Posthorn" in docs/servers.md.',
    );
  });

  it('that does not own the tables fails with a one-line error', async () => {
    await migrate(database.url);
    await query(`GRANT ALL ON SCHEMA public TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    expect(await migrationError(url)).toMatch(
      /^the PostgreSQL role posthorn_test_\w+ does not own the tables, \w+ does\. See .* docs\/servers\.md\.$/,
    );
  });

  it('that owns the schema creates the tables', async () => {
    await query(`ALTER SCHEMA public OWNER TO ${role}`);
    expect((await migrate(url)).applied).toContain(INITIAL);
  });
});

describe('migrating an unreachable database', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'fails with a one-line error when nothing listens at %s',
    async (host) => {
      const message = await migrationError(`postgresql://user:hidden@${host}:1/name`);
      expect(message).toMatch(new RegExp(`^cannot reach PostgreSQL at ${host}:1/name: .*ECONNREFUSED.*$`));
      expect(message).not.toContain('hidden');
    },
  );

  it('fails with a one-line error when the database does not exist', async () => {
    const message = await migrationError(`${database.url}_other`);
    expect(message).toMatch(/^cannot reach PostgreSQL at .*: database ".*" does not exist$/);
  });

  it('fails with a one-line error at a server that is read-only, such as one that recovers', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    expect(await migrationError(database.url)).toMatch(
      /^cannot reach PostgreSQL at .*: The server is read-only; it may be a replica$/,
    );
  });

  it('names the setting for a pooler that refuses the settings of a connection', async () => {
    const pooler = createServer((socket) =>
      socket.once('data', () => socket.end(fatal('unsupported startup parameter: statement_timeout'))),
    ).listen(0, '127.0.0.1');
    await once(pooler, 'listening');
    const { port } = pooler.address() as { port: number };
    expect(await migrationError(`postgresql://127.0.0.1:${port}/name`)).toBe(
      `cannot reach PostgreSQL at 127.0.0.1:${port}/name: unsupported startup parameter: statement_timeout. ` +
        'For a connection pooler, append ?pgbouncer=true to DATABASE_URL',
    );
    pooler.close();
  });

  it('times out when the server does not respond', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const connected = once(silent, 'connection');
    useFakeTimeouts();
    const failed = migrationError(`postgresql://127.0.0.1:${port}/name`);
    await connected;
    jest.advanceTimersByTime(CONNECT_TIMEOUT_MS);
    jest.useRealTimers();
    expect(await failed).toContain('cannot reach PostgreSQL');
    silent.close();
  });
});

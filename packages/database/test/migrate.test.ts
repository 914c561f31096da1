import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FreshDatabase } from '@posthorn/testkit';
import { Client } from 'pg';
import { migrate } from '../src/index.js';
import { emptyDatabase } from './fixtures/empty-database.js';

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

/** The message with which migrating fails. */
const refusal = (url: string, migrationsDir?: string): Promise<string> =>
  migrate(url, migrationsDir).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('migrating', () => {
  it('makes everything in an empty database, and nothing the second time', async () => {
    const { applied } = await migrate(database.url);
    expect(applied[0]).toBe('20261124000000_initial');
    expect(await query('SELECT name FROM tenant')).toEqual([{ name: 'default' }]);
    expect(await migrate(database.url)).toEqual({ applied: [] });
  });

  it('happens once when several processes start together', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    const counts = runs.map(({ applied }) => applied.length).toSorted((a, b) => a - b);
    expect(counts.slice(0, 3)).toEqual([0, 0, 0]);
    expect(counts[3]).toBeGreaterThan(0);
  });

  it('writes what `prisma migrate` reads', async () => {
    await migrate(database.url);
    expect(await query('SELECT * FROM _prisma_migrations ORDER BY migration_name LIMIT 1')).toMatchObject([
      {
        migration_name: '20261124000000_initial',
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        applied_steps_count: 1,
      },
    ]);
  });

  it('refuses a database that was made with another migration of that name', async () => {
    await migrate(database.url);
    await query("UPDATE _prisma_migrations SET checksum = 'other'");
    expect(await refusal(database.url)).toBe(
      'migration 20261124000000_initial is not the one that this database was made with',
    );
  });

  it('refuses a database in which a migration stopped half-way', async () => {
    await migrate(database.url);
    await query('UPDATE _prisma_migrations SET finished_at = NULL');
    expect(await refusal(database.url)).toContain('failed half-way');
  });

  it('leaves nothing behind when a migration fails', async () => {
    await query('CREATE TABLE webhook_validation (in_the_way int)');
    expect(await refusal(database.url)).toBe(
      'migration 20261124000000_initial failed: relation "webhook_validation" already exists',
    );
    expect(await query("SELECT 1 FROM pg_tables WHERE tablename = 'tenant'")).toEqual([]);
    expect(await query('SELECT 1 FROM _prisma_migrations')).toEqual([]);
  });
});

/** How long the slowest took of the reads that are made one after the other for so long; all in milliseconds. */
async function slowestReadOf(lastsMs: number): Promise<number> {
  const deadline = performance.now() + lastsMs;
  let slowest = 0;
  while (performance.now() < deadline) {
    const startedAt = performance.now();
    await query('SELECT count(*) FROM webhook');
    slowest = Math.max(slowest, performance.now() - startedAt);
  }
  return slowest;
}

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../prisma/migrations');

describe('a next version with migrations of its own', () => {
  let folder: string;

  beforeEach(async () => {
    await migrate(database.url);
    folder = await mkdtemp(path.join(tmpdir(), 'posthorn-migrations-'));
    await cp(MIGRATIONS, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function add(name: string, sql: string): Promise<void> {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }

  it('waits for whoever uses a table, and makes others wait a second at most', async () => {
    await add('20990101000000_next', 'ALTER TABLE webhook ADD COLUMN next integer');
    const reader = new Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('BEGIN; SELECT FROM webhook');
    const migrated = migrate(database.url, folder);
    const slowest = await slowestReadOf(3000);
    expect(slowest).toBeGreaterThan(500);
    expect(slowest).toBeLessThan(1800);
    await reader.query('COMMIT');
    expect(await migrated).toEqual({ applied: ['20990101000000_next'] });
    await reader.end();
  });

  it('keeps what was applied before the one that fails, and nothing of that one', async () => {
    await add('20990101000000_good', 'CREATE TABLE good ()');
    await add('20990102000000_bad', 'CREATE TABLE half (); SELECT 1 / 0');
    expect(await refusal(database.url, folder)).toBe('migration 20990102000000_bad failed: division by zero');
    expect(await query("SELECT tablename FROM pg_tables WHERE tablename IN ('good', 'half')")).toEqual([
      { tablename: 'good' },
    ]);
    await add('20990103000000_after', 'SELECT 1');
    await writeFile(path.join(folder, '20990102000000_bad', 'migration.sql'), 'CREATE TABLE half ()');
    expect(await migrate(database.url, folder)).toEqual({
      applied: ['20990102000000_bad', '20990103000000_after'],
    });
  });

  it('leaves a database alone that a newer version has migrated', async () => {
    await add('20990101000000_next', 'ALTER TABLE webhook ADD COLUMN next integer');
    await migrate(database.url, folder);
    expect(await migrate(database.url)).toEqual({ applied: [] });
  });
});

describe('migrating a database that is not there', () => {
  it.each(['127.0.0.1', 'localhost'])('says in one line that nobody listens at %s', async (host) => {
    const message = await refusal(`postgresql://user:hidden@${host}:1/name`);
    expect(message).toMatch(new RegExp(`^cannot reach PostgreSQL at ${host}:1/name: .*ECONNREFUSED.*$`));
    expect(message).not.toContain('hidden');
  });

  it('says in one line that the name is wrong', async () => {
    const message = await refusal(`${database.url}_other`);
    expect(message).toMatch(/^cannot reach PostgreSQL at .*: database ".*" does not exist$/);
  });

  it('does not wait for ever for a server that says nothing', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    expect(await refusal(`postgresql://127.0.0.1:${port}/name`)).toContain('cannot reach PostgreSQL');
    silent.close();
  });
});

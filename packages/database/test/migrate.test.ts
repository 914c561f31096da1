import { createServer } from 'node:net';
import { once } from 'node:events';
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
const refusal = (url: string): Promise<string> =>
  migrate(url).then(
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

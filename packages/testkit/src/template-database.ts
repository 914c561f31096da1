import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { onServer } from './fresh-database.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../prisma/migrations');

/**
 * Creates the migrated database that `freshDatabase` clones, unless it exists for these migrations and this day. Safe to call
 * concurrently.
 *
 * @param migrate from packages/database, which cannot be imported here because its own tests depend on this package
 * @returns the database's name; it accepts no connections
 */
export async function buildTemplateDatabase(
  serverUrl: string,
  migrate: (url: string) => Promise<unknown>,
): Promise<string> {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const name = `posthorn_template_${await hashOfMigrations()}_${day}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('posthorn template'))`);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await build(name, { client, serverUrl, migrate });
  } finally {
    await client.end();
  }
  return name;
}

/**
 * Drops the partitions of the days after tomorrow. Each new connection reads the catalog entries of all partitions, and tests open
 * thousands of connections.
 */
const DROP_LATER_DAYS = `
DO $$
DECLARE
  tomorrow text := to_char((now() AT TIME ZONE 'UTC')::date + 1, 'YYYYMMDD');
  partition text;
BEGIN
  FOR partition IN
    SELECT relname FROM pg_class
    WHERE relispartition AND relkind = 'r' AND substring(relname FROM '_(\\d{8})$') > tomorrow
  LOOP
    EXECUTE format('DROP TABLE %I', partition);
  END LOOP;
END
$$`;

interface Building {
  client: Client;
  serverUrl: string;
  migrate: (url: string) => Promise<unknown>;
}

/** Builds under a temporary name first, so that an interrupted build is never used. */
async function build(name: string, { client, serverUrl, migrate }: Building): Promise<void> {
  const unfinished = `${name}_unfinished`;
  await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${unfinished}`);
  const url = new URL(serverUrl);
  url.pathname = `/${unfinished}`;
  await migrate(url.href);
  await onServer(url.href, DROP_LATER_DAYS);
  await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
  await client.query(`ALTER DATABASE ${name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
}

/** Includes what is done here after the migrations. */
async function hashOfMigrations(): Promise<string> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const hash = createHash('sha256').update(DROP_LATER_DAYS);
  for (const name of names.toSorted())
    hash.update(await readFile(path.join(MIGRATIONS, name, 'migration.sql')));
  return hash.digest('hex').slice(0, 12);
}

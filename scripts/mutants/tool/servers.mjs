// One PostgreSQL and Redis for all runs of Jest.
import { onServer } from '@posthorn/testkit';
import { Client } from 'pg';
import setUp from '../../jest/global-setup.mjs';

export { default as stopServers } from '../../jest/global-teardown.mjs';
export { setUp as startServers };

/** Drops what tests that were killed have left. */
export async function dropTestDatabases() {
  const url = process.env.TEST_DATABASE_URL;
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT datname FROM pg_database WHERE datname LIKE 'posthorn\\_test\\_%'`,
  );
  await client.end();
  for (const { datname } of rows) await onServer(url, `DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
}

// One PostgreSQL and Redis for all runs of Jest.
import { connect } from '@posthorn/database/connection';
import { onServer } from '@posthorn/testkit';
import setUp from '../../jest/global-setup.mjs';

export { default as stopServers } from '../../jest/global-teardown.mjs';
export { setUp as startServers };

const LEFT = `SELECT datname FROM pg_database WHERE datname LIKE 'posthorn\\_test\\_%'`;

/** Drops what tests that were killed have left. */
export async function dropTestDatabases() {
  const url = process.env.TEST_DATABASE_URL;
  const database = connect({ url, applicationName: 'mutants', max: 1 });
  const { rows } = await database.pool.query(LEFT);
  await database.stop();
  for (const { datname } of rows) await onServer(url, `DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
}

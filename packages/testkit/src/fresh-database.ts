import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { requiredVariable } from './required-variable.js';

export interface FreshDatabase {
  url: string;
  /** Drops the database and closes its open connections. */
  drop(): Promise<void>;
}

/** Creates an empty, migrated database as a clone of the template from the global set-up. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const serverUrl = requiredVariable('TEST_DATABASE_URL');
  const template = requiredVariable('TEST_TEMPLATE_DATABASE');
  const name = `posthorn_test_${randomBytes(6).toString('hex')}`;
  // By default the pages pass through the shared buffers and the WAL, which takes twice the CPU time.
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Runs SQL on its own connection. */
export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

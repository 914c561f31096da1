// Runs once before all tests, on the build: starts PostgreSQL and Redis, unless the environment names servers, and creates the
// migrated template that test databases are cloned from.
import { migrate } from '@posthorn/database/server';
import { startStack } from '@posthorn/local';
import { buildTemplateDatabase } from '@posthorn/testkit';
import { ensureMariadb } from '../mariadb.mjs';

export default async function globalSetup() {
  await ensureMariadb();
  if (!process.env.TEST_DATABASE_URL || !process.env.TEST_REDIS_URL) await startServers();
  process.env.TEST_TEMPLATE_DATABASE = await buildTemplateDatabase(process.env.TEST_DATABASE_URL, migrate);
}

async function startServers() {
  const stack = await startStack({
    ephemeral: true,
    services: false,
    postgresFlags: ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=500'],
  });
  process.env.TEST_DATABASE_URL = stack.databaseUrl;
  process.env.TEST_REDIS_URL = stack.redisUrl;
  globalThis.posthornTestStack = stack;
}

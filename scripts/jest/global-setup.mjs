// Runs once before all tests, on the build: a bare PostgreSQL and Redis, unless the environment names some, and the
// migrated database that every test's own database is cloned from.
import { migrate } from '@posthorn/database';
import { startStack } from '@posthorn/local';
import { buildTemplateDatabase } from '@posthorn/testkit';

export default async function globalSetup() {
  if (!process.env.TEST_DATABASE_URL || !process.env.TEST_REDIS_URL) await startBareStack();
  process.env.TEST_TEMPLATE_DATABASE = await buildTemplateDatabase(process.env.TEST_DATABASE_URL, migrate);
}

async function startBareStack() {
  const stack = await startStack({
    ephemeral: true,
    services: false,
    postgresFlags: ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
  });
  process.env.TEST_DATABASE_URL = stack.databaseUrl;
  process.env.TEST_REDIS_URL = stack.redisUrl;
  globalThis.posthornTestStack = stack;
}

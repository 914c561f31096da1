import { freshDatabase } from './fresh-database.js';
import { requiredVariable } from './required-variable.js';

export interface TestServers {
  /** A new database on the shared PostgreSQL. */
  databaseUrl: string;
  /** The shared Redis. Every stack has its own key prefix. */
  redisUrl: string;
  /** Drops the database. Call it after the stack has stopped. */
  drop(): Promise<void>;
}

/**
 * Returns the servers of the test run for a whole stack: `startStack({ ephemeral: true, servers })`. Tests that kill or
 * reconfigure servers start their own instead.
 */
export async function testServers(): Promise<TestServers> {
  const { url, drop } = await freshDatabase();
  return { databaseUrl: url, redisUrl: requiredVariable('TEST_REDIS_URL'), drop };
}

import { connect, type ConnectOptions, type Pool } from '@posthorn/database/connection';
import { openPrisma, type PrismaDb } from '@posthorn/database/prisma-client';
import type { Quarantine } from '@posthorn/flow';
import { poolSizeOf, type ServiceContext } from '@posthorn/runtime';
import type { ApiConfig } from '@posthorn/runtime/config';
import { ACCEPT_TIMEOUT_MS } from './events/publish-limits.js';
import { LOOKUP_TIMEOUT_MS } from './access/authenticate.js';

/**
 * Statement timeout for calls other than publishing and the history. While PostgreSQL does not respond, a call fails after
 * twice this time plus the connection's grace, because its transaction has to be rolled back, too.
 */
const STATEMENT_TIMEOUT_MS = 3000;

const HISTORY_TIMEOUT_MS = 10_000;

/** The connections of the API. */
export interface Databases {
  /** What the parts of the API use. */
  deps: {
    /** For statements that a caller waits for, with a timeout of a few seconds. `prisma` uses it, too. */
    pool: Pool;
    /** For reads. */
    prisma: PrismaDb;
    /** For looking up keys, so that authentication waits for nothing else. */
    lookupPool: Pool;
    /** Timeout of such a lookup, in milliseconds. */
    lookupTimeoutMs: number;
    /** For statements over any number of rows, without a timeout. */
    bulkPool: Pool;
    /** For lists of the history, on separate connections so that slow queries delay nothing else. */
    history: PrismaDb;
    /** The connections of `history`. */
    historyPool: Pool;
  };
  /** For transactions, which may wait for locks. */
  changes: PrismaDb;
  /** By name, for the metrics. */
  pools: Record<'main' | 'changes' | 'lookup' | 'bulk' | 'accept' | 'history', Pool>;
}

/** Opens the connection pools of the API, so that slow statements of one kind do not delay the others. */
export async function openDatabases(
  { config, group, parts }: ServiceContext<ApiConfig>,
  { onSession }: Pick<Quarantine, 'onSession'>,
): Promise<Databases> {
  const open = async (
    name: string,
    { max, ...options }: Omit<ConnectOptions, 'url' | 'applicationName'> & { max: number },
  ): Promise<Pool> => {
    const database = connect({
      url: config.databaseUrl,
      applicationName: `posthorn api${name}`,
      max: poolSizeOf(max, group),
      onSession,
      ...options,
    });
    await parts.openAlongside(database);
    return database.pool;
  };
  const statementTimeoutMs = STATEMENT_TIMEOUT_MS;
  const pools = {
    main: await open('', { max: 4, statementTimeoutMs }),
    changes: await open(' changes', { max: 4, statementTimeoutMs }),
    lookup: await open(' lookup', { max: 3, statementTimeoutMs }),
    bulk: await open(' bulk', { max: 3 }),
    accept: await open(': accept', {
      // Two batches of large events are stored at the same time, while one of ordered events waits for the counters of their webhooks.
      max: 3,
      genericPlans: true,
      statementTimeoutMs: ACCEPT_TIMEOUT_MS,
      connectTimeoutMs: ACCEPT_TIMEOUT_MS,
    }),
    history: await open(' history', { max: 4, statementTimeoutMs: HISTORY_TIMEOUT_MS }),
  };
  const prisma = openPrisma(pools.main);
  const changes = openPrisma(pools.changes);
  const history = openPrisma(pools.history);
  await parts.open({ stop: () => prisma.$disconnect() });
  await parts.openAlongside({ stop: () => changes.$disconnect() });
  await parts.openAlongside({ stop: () => history.$disconnect() });
  const deps = {
    pool: pools.main,
    prisma,
    lookupPool: pools.lookup,
    lookupTimeoutMs: LOOKUP_TIMEOUT_MS,
    bulkPool: pools.bulk,
    history,
    historyPool: pools.history,
  };
  return { deps, changes, pools };
}

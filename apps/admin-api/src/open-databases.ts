import { connect, type Pool } from '@posthorn/database';
import { openPrisma, type PrismaDb } from '@posthorn/database/prisma';
import type { Parts } from '@posthorn/runtime';
import { CHANGE_CONNECTIONS } from './http/changes.js';
import { ACCEPT_TIMEOUT_MS } from './events/publish-limits.js';

/**
 * Statement timeout for calls other than publishing and the history. While PostgreSQL does not respond, a call fails after
 * twice this time plus the connection's grace, because its transaction has to be rolled back, too.
 */
const STATEMENT_TIMEOUT_MS = 3000;

const HISTORY_TIMEOUT_MS = 10_000;

export interface Databases {
  /**
   * `main` for reads, `changes` for transactions, which may wait for locks, `lookup` for what publishing looks up by key, `bulk`
   * for any number of rows, `accept` for the accept statement, `history` for lists of the history.
   */
  pools: Record<'main' | 'changes' | 'lookup' | 'bulk' | 'accept' | 'history', Pool>;
  /** On `main`. */
  prisma: PrismaDb;
  /** On `changes`. */
  changes: PrismaDb;
  /** On `history`. */
  history: PrismaDb;
}

/** Opens the connection pools of the API, so that slow statements of one kind do not delay the others. */
export async function openDatabases(url: string, parts: Parts): Promise<Databases> {
  const statementTimeoutMs = STATEMENT_TIMEOUT_MS;
  const [main, changes, lookup, bulk, accept, history] = [
    connect({ url, applicationName: 'posthorn api', max: 4, statementTimeoutMs }),
    connect({ url, applicationName: 'posthorn api changes', max: CHANGE_CONNECTIONS, statementTimeoutMs }),
    connect({ url, applicationName: 'posthorn api lookup', max: 3, statementTimeoutMs }),
    connect({ url, applicationName: 'posthorn api bulk', max: 3 }),
    connect({
      url,
      applicationName: 'posthorn api: accept',
      // Two batches of large events are stored at the same time.
      max: 2,
      genericPlans: true,
      statementTimeoutMs: ACCEPT_TIMEOUT_MS,
      connectTimeoutMs: ACCEPT_TIMEOUT_MS,
    }),
    connect({
      url,
      applicationName: 'posthorn api history',
      max: 4,
      statementTimeoutMs: HISTORY_TIMEOUT_MS,
    }),
  ];
  for (const database of [main, changes, lookup, bulk, accept, history]) await parts.openAlongside(database);
  const databases = {
    pools: {
      main: main.pool,
      changes: changes.pool,
      lookup: lookup.pool,
      bulk: bulk.pool,
      accept: accept.pool,
      history: history.pool,
    },
    prisma: openPrisma(main.pool),
    changes: openPrisma(changes.pool),
    history: openPrisma(history.pool),
  };
  await parts.open({ stop: () => databases.prisma.$disconnect() });
  await parts.openAlongside({ stop: () => databases.changes.$disconnect() });
  await parts.openAlongside({ stop: () => databases.history.$disconnect() });
  return databases;
}

import { type Part, stopOnce } from '@posthorn/core';
import { Pool, type PoolClient, type QueryConfig } from 'pg';

export interface Database extends Part {
  pool: Pool;
  stop(): Promise<void>;
}

export interface ConnectOptions {
  url: string;
  applicationName: string;
  /** Most connections of this process. */
  max?: number;
  /**
   * Longest that a statement may run, in milliseconds. Without end unless said. PostgreSQL itself is told, but not through a
   * pooler, which takes no such setting for a session.
   */
  statementTimeoutMs?: number;
  /**
   * For preparedStatement statements that look rows up by their ids: each connection plans them once, for whatever ids. Not through a
   * pooler, where they have no names.
   */
  genericPlans?: boolean;
}

/**
 * A plan for any ids visits the days in `id >= $1 AND id <= $2` alone, but its price is that of all days, so PostgreSQL would
 * never choose it by itself. Made while a day was empty, it might read that day from end to end ever after.
 */
const PLAN_ONCE = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/** A server that does not answer within this time counts as away. */
export const CONNECT_TIMEOUT_MS = 5000;

/** A server that says nothing for this long is taken for gone, in milliseconds: longer than any statement of ours takes. */
const SILENCE_MS = 60_000;

/** A server that has not ended a statement by itself so long after its time does not answer at all. */
const ANSWER_GRACE_MS = 1000;

/** A pool of connections. Opens none yet. */
export function connect({
  url,
  applicationName,
  max = 10,
  statementTimeoutMs,
  genericPlans = false,
}: ConnectOptions): Database {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    query_timeout: statementTimeoutMs === undefined ? SILENCE_MS : statementTimeoutMs + ANSWER_GRACE_MS,
    ...(statementTimeoutMs !== undefined && !isPooler(url) && { statement_timeout: statementTimeoutMs }),
    ...(genericPlans && !isPooler(url) && { options: PLAN_ONCE }),
  });
  // An idle connection that breaks is replaced by the pool at its next use; without a listener it would end the process.
  pool.on('error', () => {});
  pool.on('release', (_error, client) => {
    if (isInTransaction(client)) void client.end();
  });
  return { pool, stop: stopOnce(() => pool.end()) };
}

/** Whether a pooler in transaction mode stands before the server: its users say so with `?pgbouncer=true`. */
const isPooler = (url: string): boolean => /[?&]pgbouncer=true\b/.test(url);

/** Whether a preparedStatement statement is still known at the next transaction. Behind a pooler that may go to another connection. */
function keepsStatements({ options }: Pool): boolean {
  return !isPooler(options.connectionString ?? '');
}

/** A statement that each connection parses once, under its name. */
export function preparedStatement(pool: Pool, name: string, text: string, values: unknown[]): QueryConfig {
  return { name: keepsStatements(pool) ? name : undefined, text, values };
}

/**
 * Whether a connection was given back inside a transaction, because the server did not answer to its end. What its next
 * user writes would never be committed.
 */
function isInTransaction(client: PoolClient): boolean {
  const status = client.getTransactionStatus();
  return status === 'T' || status === 'E';
}

/** `host:port/name` of a connection URL, for messages: never the password. */
export function describeDatabase(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

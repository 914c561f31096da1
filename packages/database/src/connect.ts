import { Pool, type PoolClient } from 'pg';

export interface Database {
  pool: Pool;
  close(): Promise<void>;
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
}

/** A server that does not answer within this time counts as away. */
export const CONNECT_TIMEOUT_MS = 5000;

/** A server that says nothing for this long is taken for gone, in milliseconds: longer than any statement of ours takes. */
const SILENCE_MS = 60_000;

/** A server that has not ended a statement by itself so long after its time does not answer at all. */
const ANSWER_GRACE_MS = 1000;

/** A pool of connections. Opens none yet. */
export function connect({ url, applicationName, max = 10, statementTimeoutMs }: ConnectOptions): Database {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    query_timeout: statementTimeoutMs === undefined ? SILENCE_MS : statementTimeoutMs + ANSWER_GRACE_MS,
    ...(statementTimeoutMs !== undefined && !isPooler(url) && { statement_timeout: statementTimeoutMs }),
  });
  // An idle connection that breaks is replaced by the pool at its next use; without a listener it would end the process.
  pool.on('error', () => {});
  pool.on('release', (_error, client) => {
    if (isInTransaction(client)) void client.end();
  });
  return { pool, close: () => pool.end() };
}

/** Whether a pooler in transaction mode stands before the server: its users say so with `?pgbouncer=true`. */
const isPooler = (url: string): boolean => /[?&]pgbouncer=true\b/.test(url);

/** Whether a named statement is still known at the next transaction. Behind a pooler that may go to another connection. */
export function keepsStatements({ options }: Pool): boolean {
  return !isPooler(options.connectionString ?? '');
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

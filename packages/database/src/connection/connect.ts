import { type Part, stopOnce } from '@posthorn/core';
import { type ClientBase, Pool, type PoolClient, type QueryConfig } from 'pg';
import { allowSlowStatements } from './slow-statements.js';
import { isPooler } from './pooler.js';
import { rememberServer, SERVER, type ServerAnswer } from './probe-server.js';
import { CANCEL_GRACE_MS, CONNECT_TIMEOUT_MS, MAX_STATEMENT_MS } from './statement-timeouts.js';
import { closeStaleConnections } from './stale-connections.js';
import { READ_ONLY } from './transient.js';

export interface Database extends Part {
  pool: Pool;
  stop(): Promise<void>;
}

export interface ConnectOptions {
  url: string;
  applicationName: string;
  /** Maximum number of connections of this pool. */
  max?: number;
  /**
   * Maximum duration of a statement, in milliseconds. PostgreSQL enforces it, except behind a pooler, which does not accept
   * session settings. The client gives up a second later.
   */
  statementTimeoutMs?: number;
  /** The same for a statement that has exceeded `statementTimeoutMs`, until it is fast again. Default: `statementTimeoutMs`. */
  slowStatementTimeoutMs?: number;
  /** Longest time to wait for a connection, in milliseconds. Default: `CONNECT_TIMEOUT_MS`. */
  connectTimeoutMs?: number;
  /**
   * Plans each prepared statement once per connection, for any parameters. For statements that look up rows by id. Ignored
   * behind a pooler, where statements are not prepared.
   */
  genericPlans?: boolean;
  /** Called with each new connection, before anything else uses it. If it rejects, the connection is closed. */
  onSession?: (client: ClientBase) => Promise<void>;
}

/**
 * A generic plan with `id >= $1 AND id <= $2` prunes partitions at run time, but PostgreSQL estimates its cost for all
 * partitions and would never choose it by itself. Sequential scans are disabled because a plan that was created while a
 * partition was empty might scan it forever.
 */
const GENERIC_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/**
 * PostgreSQL closes a connection whose host has vanished after about 10 s without traffic, or after 6 s if data is not acknowledged. The
 * latter also ends a statement whose result a frozen process does not read: until then it holds its locks.
 */
const SERVER_KEEPALIVES =
  '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=6000';

/** The same for this process, in milliseconds without traffic until the first probe. Ten more follow, one a second. */
export const KEEPALIVE_DELAY_MS = 2000;

/**
 * Creates a pool of connections. Connects on first use, and only to a server that accepts writes: after a failover the address may
 * still lead to the previous primary, whose rows are out of date.
 */
export function connect({
  url,
  applicationName,
  max = 10,
  statementTimeoutMs = MAX_STATEMENT_MS,
  slowStatementTimeoutMs = statementTimeoutMs,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
  genericPlans = false,
  onSession,
}: ConnectOptions): Database {
  const queryTimeoutMs = statementTimeoutMs + CANCEL_GRACE_MS;
  const pool = new Pool({
    connectionString: forPg(url),
    application_name: applicationName,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg waits for the promise, which its type lacks
    onConnect: async (client: ClientBase) => {
      await prepareSession(client, Math.min(connectTimeoutMs, queryTimeoutMs));
      await onSession?.(client);
    },
    query_timeout: queryTimeoutMs,
    ...sessionSettings({ url, statementTimeoutMs, genericPlans }),
  });
  // The pool replaces a broken idle connection. Without a listener, the 'error' event would terminate the process.
  pool.on('error', () => {});
  pool.on('release', (_error, client) => {
    if (isInTransaction(client)) void client.end();
  });
  closeStaleConnections(pool);
  if (slowStatementTimeoutMs > statementTimeoutMs)
    allowSlowStatements(pool, { statementTimeoutMs, slowStatementTimeoutMs });
  return {
    pool,
    stop: stopOnce(() => pool.end()),
  };
}

/** Returns the settings that a connection sends at its start, which a pooler refuses. */
export function sessionSettings({
  url,
  statementTimeoutMs = MAX_STATEMENT_MS,
  genericPlans = false,
}: Pick<ConnectOptions, 'url' | 'statementTimeoutMs' | 'genericPlans'>) {
  if (isPooler(url)) return {};
  const options = genericPlans ? `${SERVER_KEEPALIVES} ${GENERIC_PLANS}` : SERVER_KEEPALIVES;
  return { statement_timeout: statementTimeoutMs, options };
}

/**
 * Returns a connection URL for `pg`, in which `sslmode` has the meaning that it has in libpq: `require` encrypts, and only
 * `verify-full` also checks the certificate and the host name. Otherwise `pg` treats both as `verify-full`, and prints a warning.
 */
export function forPg(url: string): string {
  const isStandard = /[?&]sslmode=(?:prefer|require|verify-ca|verify-full)\b/.test(url);
  return isStandard && !url.includes('uselibpqcompat=') ? `${url}&uselibpqcompat=true` : url;
}

/** Returns in one line why a connection failed, with advice if the server is a pooler that the URL does not declare. */
export function describeConnectError(error: unknown): string {
  if (error instanceof AggregateError) return describeConnectError(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  if (!message.includes('unsupported startup parameter')) return message;
  return `${message}. For a connection pooler, append ?pgbouncer=true to DATABASE_URL`;
}

const PREPARE_SESSION = `SELECT set_config('TimeZone', 'UTC', false), ${SERVER}`;

/**
 * Sets the time zone to UTC, because Prisma's adapter sends and reads times without their offset. The query works behind a pooler, too:
 * PgBouncer sets the time zone of a client on each server connection that the client gets. Remembers which server it is.
 * @throws a transient error if the server is a replica or otherwise read-only
 */
export async function prepareSession(client: ClientBase, timeoutMs: number): Promise<void> {
  const statement: QueryConfig & { query_timeout: number } = {
    text: PREPARE_SESSION,
    query_timeout: timeoutMs,
  };
  const { rows } = await client.query<ServerAnswer>(statement);
  if (rows[0]?.readOnly === 'off') return void rememberServer(client, rows[0].server);
  throw Object.assign(new Error('The server is read-only; it may be a replica'), { code: READ_ONLY });
}

/** Returns whether statements can be prepared. Behind a pooler, the next transaction may use another server connection. */
function canPrepare({ options }: Pool): boolean {
  return !isPooler(options.connectionString);
}

/** Returns a query that each connection parses once, under `name`. Not prepared behind a pooler. */
export function preparedStatement(pool: Pool, name: string, text: string, values: unknown[]): QueryConfig {
  return { name: canPrepare(pool) ? name : undefined, text, values };
}

/**
 * Returns whether a connection was released inside a transaction, because the server did not respond to COMMIT or ROLLBACK.
 * Without this check, the writes of the next user of that connection would never be committed.
 */
function isInTransaction(client: PoolClient): boolean {
  const status = client.getTransactionStatus();
  return status === 'T' || status === 'E';
}

/** Returns `host:port/name` of a connection URL, for messages. Never contains the password. */
export function describeDatabase(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

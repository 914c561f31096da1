import { MARIADB_URL_FORMAT, type MariadbUrl, parseMariadbUrl, stopOnce } from '@posthorn/core';
import type { Pool, PoolConnection, PoolOptions, RowDataPacket } from 'mysql2/promise';
import { CANCEL_GRACE_MS } from '../../connection/statement-timeouts.js';
import { type ConnectOptions, KEEPALIVE_DELAY_MS } from '../../connection/connect.js';

type MariadbOptions = Required<
  Pick<ConnectOptions, 'url' | 'applicationName' | 'max' | 'statementTimeoutMs' | 'connectTimeoutMs'>
>;

/** Connections to MariaDB. */
export interface Mariadb {
  /** Runs one statement. A list among the values stands for its elements. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Longest wait for a lock, in seconds. */
const LOCK_TIMEOUT_S = 3;

/** Connects on first use. */
export async function connectMariadb(options: MariadbOptions): Promise<Mariadb> {
  const url = parseMariadbUrl(options.url);
  if (!url) throw new TypeError(`The URL must be ${MARIADB_URL_FORMAT}`);
  // Only producers with an outbox in MariaDB load the driver.
  const { createPool } = await import('mysql2/promise');
  const pool = createPool(poolOptions(url, options));
  const prepared = new WeakSet<object>();
  const timeout = options.statementTimeoutMs + CANCEL_GRACE_MS;
  async function prepare(connection: PoolConnection): Promise<void> {
    if (prepared.has(connection.connection)) return;
    for (const sql of sessionStatements(options.statementTimeoutMs)) await connection.query({ sql, timeout });
    const [unable] = await connection.query<RowDataPacket[]>({ sql: LOGS_STATEMENTS, timeout });
    if (unable.length > 0)
      throw new Error(
        'The server has binlog_format=STATEMENT, with which rows cannot be deleted: set it to MIXED or ROW',
      );
    prepared.add(connection.connection);
  }
  return {
    query: <Row>(sql: string, values: readonly unknown[] = []) =>
      withConnection(pool, async (connection) => {
        await prepare(connection);
        const [rows] = await connection.query({ sql, values: [...values], timeout });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the statement selects them
        return rows as Row[];
      }),
    stop: stopOnce(() => pool.end()),
  };
}

async function withConnection<Result>(
  pool: Pool,
  work: (connection: PoolConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.getConnection();
  try {
    const result = await work(connection);
    connection.release();
    return result;
  } catch (error) {
    // After a timeout, the response of this statement would be read as that of the next one.
    connection.destroy();
    throw error;
  }
}

const poolOptions = (
  { host, port, user, password, database, ssl }: MariadbUrl,
  { applicationName, max, connectTimeoutMs }: MariadbOptions,
): PoolOptions => ({
  host,
  port,
  user,
  password,
  database,
  ...(ssl !== 'disable' && { ssl: tlsOptions(ssl) }),
  charset: 'utf8mb4_bin',
  connectTimeout: connectTimeoutMs,
  keepAliveInitialDelay: KEEPALIVE_DELAY_MS,
  connectionLimit: max,
  connectAttributes: { program_name: applicationName },
  // The server must not be able to ask for files of this host.
  flags: ['-LOCAL_FILES'],
});

const tlsOptions = (ssl: Exclude<MariadbUrl['ssl'], 'disable'>) => ({
  rejectUnauthorized: ssl === 'verify-full',
  verifyIdentity: ssl === 'verify-full',
});

/** READ COMMITTED: reads lock nothing, and a deletion locks only the rows that it deletes. */
const sessionStatements = (statementTimeoutMs: number): string[] => [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = ${LOCK_TIMEOUT_S},
    max_statement_time = ${statementTimeoutMs / 1000},
    sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION'`,
];

// InnoDB refuses changes under READ COMMITTED then. A session keeps the format that it began with.
const LOGS_STATEMENTS = "SELECT 1 FROM dual WHERE @@log_bin AND @@session.binlog_format = 'STATEMENT'";

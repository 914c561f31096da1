import { type MariadbUrl, parseMariadbUrl, stopOnce } from '@posthorn/core';
import type { Pool, PoolOptions } from 'mysql2';
import { CANCEL_GRACE_MS } from '../../connection/statement-timeouts.js';
import type { ConnectOptions } from '../../connection/connect.js';

export type MariadbOptions = Required<
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
  if (!url) throw new TypeError('The URL of MariaDB is invalid');
  // Only producers with an outbox in MariaDB load the driver.
  const { createPool } = await import('mysql2');
  const pool = createPool(poolOptions(url, options));
  pool.on('connection', (connection) => {
    for (const sql of sessionStatements(options.statementTimeoutMs))
      connection.query(sql, (error) => {
        // The statement that waits for the connection fails, too.
        if (error) connection.destroy();
      });
  });
  const timeoutMs = options.statementTimeoutMs + CANCEL_GRACE_MS;
  return {
    query: (sql, values = []) => runStatement(pool, { sql, values: [...values], timeout: timeoutMs }),
    stop: stopOnce(() => pool.promise().end()),
  };
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

interface Statement {
  sql: string;
  values: unknown[];
  /** In milliseconds. */
  timeout: number;
}

function runStatement<Row>(pool: Pool, statement: Statement): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    pool.getConnection((failure, connection) => {
      if (failure) {
        reject(failure);
        return;
      }
      connection.query(statement, (error, rows) => {
        if (!error) {
          connection.release();
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the statement selects them
          resolve(rows as Row[]);
          return;
        }
        // After a timeout, the response of this statement would be read as that of the next one.
        connection.destroy();
        reject(error);
      });
    });
  });
}

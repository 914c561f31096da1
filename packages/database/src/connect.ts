import { Pool } from 'pg';

export interface Database {
  pool: Pool;
  close(): Promise<void>;
}

export interface ConnectOptions {
  url: string;
  applicationName: string;
  /** Most connections of this process. */
  max?: number;
}

/** A server that does not answer within this time counts as away. */
export const CONNECT_TIMEOUT_MS = 5000;

/** A pool of connections. Opens none yet. */
export function connect({ url, applicationName, max = 10 }: ConnectOptions): Database {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced by the pool at its next use; without a listener it would end the process.
  pool.on('error', () => {});
  return { pool, close: () => pool.end() };
}

/** `host:port/name` of a connection URL, for messages: never the password. */
export function describeDatabase(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

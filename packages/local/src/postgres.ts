import type { Child } from './child.js';
import { freePort } from './free-port.js';
import { startKeptServer } from './kept-server.js';
import type { LogFile } from './log-file.js';
import { postgresAccount } from './postgres-account.js';
import {
  DATABASE,
  dropStalePidFile,
  ensureCluster,
  POSTGRES_ENV,
  readPostmasterFile,
} from './postgres-cluster.js';
import { findPostgresHome } from './postgres-home.js';

export interface PostgresOptions {
  /** Where the cluster is wanted: see postgres-home.ts. */
  link: string;
  password: string;
  log: LogFile;
  /** Whether it shall outlive a power cut. */
  durable: boolean;
  /** More arguments, such as `-c fsync=off`. */
  flags: string[];
  say: (line: string) => void;
}

export interface PreparedServer {
  url: string;
  launch: () => Child;
}

export const POSTGRES_STOP_TIMEOUT_MS = 30_000;

/** Makes the cluster, if need be, and answers how to start its server on a port that stays the same. */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedServer> {
  const { link, password, log, durable, flags, say } = options;
  const account = await postgresAccount(say);
  const home = findPostgresHome(link, account);
  ensureCluster({ home, account, password, durable });
  dropStalePidFile(home.cluster);
  const port = await freePort();
  const command = {
    file: home.postgres,
    args: ['-D', home.cluster, '-p', String(port), ...settings(SETTINGS), ...flags],
    env: POSTGRES_ENV,
    ...(account && { account }),
    // Fast shutdown: clients are cut off, nothing is lost.
    stopSignal: 'SIGINT' as const,
    stopTimeoutMs: POSTGRES_STOP_TIMEOUT_MS,
  };
  return {
    url: `postgresql://${DATABASE}:${password}@127.0.0.1:${port}/${DATABASE}`,
    launch: () =>
      startKeptServer({
        name: 'PostgreSQL',
        command,
        output: log.descriptor,
        lastWords: log.lastWords,
        isReady: async (pid) => {
          const postmaster = readPostmasterFile(home.cluster);
          return postmaster?.pid === pid && postmaster.state === 'ready';
        },
      }),
  };
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // Of an SSD: at the default of a spinning disk the planner reads a whole table rather than look up a page of a list.
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

function settings(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

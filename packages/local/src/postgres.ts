import type { Child } from '@posthorn/runtime/supervision';
import { freePort } from './free-port.js';
import { startSupervisedServer } from './supervised-server.js';
import type { LogFile } from './log-file.js';
import { postgresAccount } from './postgres-account.js';
import {
  DATABASE,
  removeStalePidFile,
  ensureCluster,
  POSTGRES_ENV,
  readPostmasterFile,
} from './postgres-cluster.js';
import { findPostgresHome } from './postgres-home.js';

interface PostgresOptions {
  /** The path of the cluster; see postgres-home.ts. */
  link: string;
  password: string;
  log: LogFile;
  /** Whether the data must survive a power failure. */
  durable: boolean;
  /** Additional arguments, such as `-c fsync=off`. */
  flags: string[];
  onProgress: (line: string) => void;
}

export interface PreparedServer {
  url: string;
  launch: () => Child;
}

export const POSTGRES_STOP_TIMEOUT_MS = 30_000;

/** Creates the cluster if necessary. Returns its URL and a function that starts the server, on the same port each time. */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedServer> {
  const { link, password, log, durable, flags, onProgress } = options;
  const account = await postgresAccount(onProgress);
  const home = findPostgresHome(link, account);
  ensureCluster({ home, account, password, durable });
  removeStalePidFile(home.cluster);
  const port = await freePort();
  const command = {
    file: home.postgres,
    args: ['-D', home.cluster, '-p', String(port), ...settings(SETTINGS), ...flags],
    env: POSTGRES_ENV,
    ...(account && { account }),
    // Fast shutdown: closes the connections and loses no data.
    stopSignal: 'SIGINT' as const,
    stopTimeoutMs: POSTGRES_STOP_TIMEOUT_MS,
  };
  return {
    url: `postgresql://${DATABASE}:${password}@127.0.0.1:${port}/${DATABASE}`,
    launch: () =>
      startSupervisedServer({
        name: 'PostgreSQL',
        command,
        log,
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
  // A statement over all daily partitions locks each of them and its indexes.
  max_locks_per_transaction: '256',
  // Fills up within days and stays in memory. The cache of the operating system holds the rest.
  shared_buffers: '64MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // For an SSD. With the default, for spinning disks, the planner scans a whole table instead of using the index of a list.
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

function settings(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

import type { SupervisedProcess } from '@posthorn/runtime/supervision';
import type { ProcessRole, RunningProcess, ServiceRole } from './roles.js';

export interface StackOptions {
  /** The data directory. Default: `.posthorn`, or a temporary folder for an ephemeral stack. */
  dataDir?: string;
  /** Removes all data at `stop`, and does not use the servers in the environment. Default false. */
  ephemeral?: boolean;
  /** The port of the admin API. Default 0, a free port. */
  port?: number;
  /** `all` runs processes that are API, producer and worker in one; the numbers of workers and producers are then ignored. */
  role?: 'all' | undefined;
  /** The number of processes of the role `all`. Default: POSTHORN_PROCESSES, or 1. */
  processes?: number;
  /** The number of workers. Default 2. */
  workers?: number;
  /** The number of producers. Default 1. */
  producers?: number;
  /** False starts only PostgreSQL and Redis. Default true. */
  services?: boolean;
  /** Settings of the services; they override all others. */
  env?: Record<string, string>;
  /** `file`, the default, writes `<dataDir>/logs/<role>-<n>.log`; `inherit` writes to this process's output. */
  log?: 'file' | 'inherit';
  /** Uses these servers instead of starting some. Their data is not removed. */
  servers?: { databaseUrl: string; redisUrl: string };
  /** Additional arguments of PostgreSQL, such as `['-c', 'fsync=off']`. */
  postgresFlags?: string[];
  /** Replaces the programs of services, for tests of the stack itself. */
  entries?: Partial<Record<ServiceRole, string>>;
  /** Aborts the start and stops the processes that already run. */
  signal?: AbortSignal;
  /** Gets one line for each step of the start and stop. */
  onProgress?: (line: string) => void;
}

export interface Stack {
  /** Empty when there are no services. */
  apiUrl: string;
  adminKey: string;
  databaseUrl: string;
  redisUrl: string;
  queuePrefix: string;
  /** The absolute path of the data directory. */
  dataDir: string;
  /** Returns the running processes. */
  processes(): RunningProcess[];
  /**
   * Returns one process, for example to kill it: `stack.process('worker', 1).kill('SIGKILL')`.
   *
   * @throws Error when the stack has no such process
   */
  process(role: ProcessRole, index?: number): SupervisedProcess<ProcessRole>;
  /** Stops everything cleanly, services first. Safe to call twice. */
  stop(): Promise<void>;
  /** Kills everything at once; no durable data is lost. */
  kill(): void;
}

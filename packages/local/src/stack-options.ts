import type { Role, RunningProcess, ServiceRole } from './roles.js';
import type { SupervisedProcess } from './supervised-process.js';

export interface StackOptions {
  /** Where everything is kept. An ephemeral stack without one takes a temporary folder. */
  dataDir?: string;
  /** Everything is removed at `stop`, and servers that the environment names are left alone. Default false. */
  ephemeral?: boolean;
  /** Port of the admin API; 0, the default, takes a free one. */
  port?: number;
  /** Worker processes, 2 by default. */
  workers?: number;
  /** Producer processes, 1 by default. */
  producers?: number;
  /** False starts nothing but PostgreSQL and Redis. */
  services?: boolean;
  /** Settings for the services, before all others. */
  env?: Record<string, string>;
  /** `file`, the default, writes `<dataDir>/logs/<role>-<n>.log`; `inherit` shows the services' logs here. */
  log?: 'file' | 'inherit';
  /** More arguments for PostgreSQL, such as `['-c', 'fsync=off']`. */
  postgresFlags?: string[];
  /** Other programs in the place of our services: tests of the stack itself. */
  entries?: Partial<Record<ServiceRole, string>>;
  /** Gives up the start, stopping what runs already. */
  signal?: AbortSignal;
  /** Takes a line about what happens. Default: nothing is said. */
  say?: (line: string) => void;
}

export interface Stack {
  /** Empty without services. */
  apiUrl: string;
  adminKey: string;
  databaseUrl: string;
  redisUrl: string;
  queuePrefix: string;
  /** The absolute path of the data directory. */
  dataDir: string;
  /** What runs now. */
  processes(): RunningProcess[];
  /**
   * One process, to do harm to: `stack.process('worker', 1).kill('SIGKILL')`.
   *
   * @throws Error when the stack has none of that kind
   */
  process(role: Role, index?: number): SupervisedProcess;
  /** Stops everything cleanly, our services first. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends everything at once; nothing durable is lost. */
  kill(): void;
}

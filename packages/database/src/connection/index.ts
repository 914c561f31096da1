export {
  connect,
  type ConnectOptions,
  type Database,
  describeConnectError,
  describeDatabase,
} from './connect.js';
export { ping, readTime } from './ping.js';
export { PROMPT_STATEMENTS } from './statement-timeouts.js';
export {
  codeOf,
  describeUnavailable,
  hadNoEffect,
  isDataError,
  isKeyMissing,
  isReadTimeout,
  isStatementTimeout,
  isTransient,
  retryTransient,
} from './transient.js';
export type { Connection } from './transaction.js';
export type { Pool } from 'pg';

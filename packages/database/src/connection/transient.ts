import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';

/** The SQLSTATE lock_not_available: a statement exceeded its lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03';

/** The SQLSTATE read_only_sql_transaction: a write on a replica. */
export const READ_ONLY = '25006';

/** The code of an error that ends once the process is started with the payload key. */
export const PAYLOAD_KEY_MISSING = 'PAYLOAD_KEY_MISSING';

/** Node error codes and SQLSTATEs. SQLSTATE class 08 (connection exception) is transient as well. */
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  READ_ONLY,
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  LOCK_NOT_AVAILABLE,
  '57014', // query_canceled
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  PAYLOAD_KEY_MISSING,
]);

/** Connection errors of `pg` that have no code. */
const TRANSIENT_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|query read timeout/i;

/** Returns whether the same statement may succeed later. */
export function isTransient(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isTransient);
  const code = 'code' in error ? String(error.code) : '';
  if (TRANSIENT_CODES.has(code) || code.startsWith('08')) return true;
  return TRANSIENT_MESSAGES.test(error.message) || (error.cause !== undefined && isTransient(error.cause));
}

/** Returns the SQLSTATE, or another code, of an error. Null if it has none. */
export const codeOf = (error: unknown): string | null =>
  isNativeError(error) && 'code' in error ? String(error.code) : null;

/** Returns whether PostgreSQL itself refused or rolled back a statement, so that it had no effect. `code` is the code of a transient error. */
export const hadNoEffect = (code: string | null): boolean => /^(?:25|40|53|55|57014)/.test(code ?? '');

/** Returns for callers why PostgreSQL is unavailable. `code` is the code of a transient error. */
export function describeUnavailable(code: string | null): string {
  if (code === PAYLOAD_KEY_MISSING) return 'POSTHORN_PAYLOAD_KEY does not open the encrypted payloads.';
  if (code === READ_ONLY) return 'PostgreSQL is read-only, as during a failover.';
  if (code?.startsWith('53') === true) return 'PostgreSQL has no disk space, memory or connections left.';
  return 'PostgreSQL is unavailable or did not respond in time.';
}

const UNDEFINED_TABLE = '42P01';

export const isUndefinedTable = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && error.code === UNDEFINED_TABLE;

/** Returns whether a statement exceeded its lock_timeout. */
export const isLockNotAvailable = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && error.code === LOCK_NOT_AVAILABLE;

export const QUERY_CANCELED = '57014';

/** Returns whether PostgreSQL did not respond to a statement in time, not even by cancelling it. */
export const isReadTimeout = (error: unknown): boolean =>
  isNativeError(error) && /query read timeout/i.test(error.message);

/** Returns whether PostgreSQL or the client gave up on a statement that took too long. */
export function isStatementTimeout(error: unknown): boolean {
  return isReadTimeout(error) || (isNativeError(error) && 'code' in error && error.code === QUERY_CANCELED);
}

/** Returns whether what the process needs is sealed with a key that it does not have: in a batch, perhaps that of one tenant only. */
export const isKeyMissing = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && error.code === PAYLOAD_KEY_MISSING;

/**
 * Returns whether a statement failed because of its input (SQLSTATE classes 22, data exception, and 23, integrity constraint
 * violation). In a batch, one row is the cause.
 */
export function isDataError(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && /^2[23]/.test(String(error.code));
}

const INITIAL_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

interface RetryOptions {
  /** Called after each failed attempt that will be retried. */
  onRetry?: (error: unknown) => void;
  /** Default: `isTransient`. */
  shouldRetry?: (error: unknown) => boolean;
  /** Default: no limit. */
  maxRetries?: number;
  signal?: AbortSignal;
}

/**
 * Runs `work` until it succeeds, with exponential backoff, so that callers survive a restart of PostgreSQL.
 * @throws the error that `shouldRetry` rejects or that exceeds `maxRetries`, or an AbortError when `signal` aborts during a delay
 */
export async function retryTransient<T>(
  work: () => Promise<T>,
  { onRetry, shouldRetry = isTransient, maxRetries = Infinity, signal }: RetryOptions = {},
): Promise<T> {
  let delayMs = INITIAL_DELAY_MS;
  for (let retries = 0; ; retries += 1) {
    try {
      return await work();
    } catch (error) {
      if (retries === maxRetries || !shouldRetry(error)) throw error;
      onRetry?.(error);
      await sleep(delayMs, undefined, { signal });
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    }
  }
}

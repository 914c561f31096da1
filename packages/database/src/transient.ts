import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '40001', // serialization failure
  '40P01', // deadlock: one of the two is told to try again
  '53100', // the disk is full
  '53200', // out of memory
  '53300', // too many connections
  '55P03', // lock not available
  '57014', // cancelled
  '57P01', // the server shuts down
  '57P02', // the server crashed
  '57P03', // the server starts up
]);

const CONNECTION_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|query read timeout/i;

/** Whether the same statement may well succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isTransient);
  const code = 'code' in error ? String(error.code) : '';
  if (CONNECTION_FAULTS.has(code) || code.startsWith('08')) return true;
  return CONNECTION_MESSAGES.test(error.message) || (error.cause !== undefined && isTransient(error.cause));
}

/** Whether a statement failed on what it was given (SQLSTATE classes 22 and 23), so that one row of a batch is at fault. */
export function isDataError(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && /^2[23]/.test(String(error.code));
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2000;

/**
 * Runs `work` again until PostgreSQL answers: a restart of the server makes its users wait, and lose nothing.
 * `onRetry` hears of each failed try. `shouldRetry` says which errors are waited out, by default the transient ones; others, and
 * the end of `signal`, are thrown.
 */
export async function retryTransient<T>(
  work: () => Promise<T>,
  {
    onRetry,
    shouldRetry = isTransient,
    signal,
  }: {
    onRetry?: (error: unknown) => void;
    shouldRetry?: (error: unknown) => boolean;
    signal?: AbortSignal;
  } = {},
): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!shouldRetry(error)) throw error;
      onRetry?.(error);
      await sleep(delayMs, undefined, { signal });
    }
  }
}

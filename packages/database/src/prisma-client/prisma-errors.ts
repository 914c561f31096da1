import { Prisma } from '../generated/client.js';
import { codeOf, describeUnavailable, isTransient } from '../connection/transient.js';

/** Unreachable, timed out, closed, no connection or transaction in time, write conflict. */
const TRANSIENT_PRISMA_CODES = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
]);

/** The driver adapter's kinds of connection errors. */
const TRANSIENT_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);

interface DriverError {
  kind?: string;
  originalCode?: string;
  originalMessage?: string;
}

/**
 * Like `isTransient`, also for Prisma errors. They contain the driver's error in `meta`, or have its code if no connection could be
 * prepared.
 */
export function isUnavailable(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  if (TRANSIENT_PRISMA_CODES.has(error.code)) return true;
  const { kind = '', originalCode, originalMessage } = driverError(error);
  if (TRANSIENT_KINDS.has(kind)) return true;
  return isTransient(Object.assign(new Error(originalMessage), { code: originalCode }));
}

/** Returns for callers why PostgreSQL is unavailable, for an error of which `isUnavailable` returns true. */
export function describeUnavailableError(error: unknown): string {
  const isKnown = error instanceof Prisma.PrismaClientKnownRequestError;
  return describeUnavailable((isKnown && driverError(error).originalCode) || codeOf(error));
}

/** SQLSTATEs of a transaction that was rolled back because of another one: serialization_failure, deadlock_detected. */
const CONFLICTS = new Set(['40001', '40P01']);

/** Returns whether a transaction was rolled back because of another one, and may succeed if it is repeated. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2034' || CONFLICTS.has(driverError(error).originalCode ?? '');
}

/** SQLSTATE of a statement that exceeded its timeout. */
const QUERY_CANCELED = '57014';

/** Thrown when a query that consists of many short statements exceeds its timeout. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';
}

/** Returns whether a query exceeded its timeout. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof QueryTimeoutError) return true;
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    driverError(error).originalCode === QUERY_CANCELED
  );
}

/** Returns whether a statement violated a unique constraint. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

function driverError(error: Prisma.PrismaClientKnownRequestError): DriverError {
  const meta: { driverAdapterError?: { cause?: DriverError } } = error.meta ?? {};
  return meta.driverAdapterError?.cause ?? {};
}

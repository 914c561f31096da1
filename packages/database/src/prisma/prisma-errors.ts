import { Prisma } from '../generated/client.js';
import { isTransient } from '../transient.js';

/** Not reachable, timed out, closed, no connection or transaction in time, write conflict. */
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

/** What the adapter makes of an error of the connection itself. */
const TRANSIENT_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);

interface DriverFault {
  kind?: string;
  originalCode?: string;
  originalMessage?: string;
}

/** `isTransient` for what comes from Prisma as well, which hides the driver's error in `meta`. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return isTransient(error);
  if (TRANSIENT_PRISMA_CODES.has(error.code)) return true;
  const { kind = '', originalCode, originalMessage } = driverFault(error);
  if (TRANSIENT_KINDS.has(kind)) return true;
  return isTransient(Object.assign(new Error(originalMessage), { code: originalCode }));
}

/** PostgreSQL ended a statement at its time limit. */
const STATEMENT_CANCELLED = '57014';

/** Many short statements for one answer were given up. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';
}

/** Whether something was given up because it ran for too long. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof QueryTimeoutError) return true;
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    driverFault(error).originalCode === STATEMENT_CANCELLED
  );
}

/** Whether a statement failed because what it would make is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

function driverFault(error: Prisma.PrismaClientKnownRequestError): DriverFault {
  const meta: { driverAdapterError?: { cause?: DriverFault } } = error.meta ?? {};
  return meta.driverAdapterError?.cause ?? {};
}

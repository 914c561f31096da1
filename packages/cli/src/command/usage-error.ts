import { getSystemErrorMap } from 'node:util';

/** Thrown for invalid usage of a command: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Returns the error for a file, perhaps of an option, that cannot be read, with the reason of the operating system. */
export function cannotRead(file: string, cause: unknown, option?: string): UsageError {
  const errno = cause instanceof Error && 'errno' in cause ? Number(cause.errno) : 0;
  const [, reason = 'unknown error'] = getSystemErrorMap().get(errno) ?? [];
  return new UsageError(`${option === undefined ? '' : `${option}: `}cannot read ${file}: ${reason}`, {
    cause,
  });
}

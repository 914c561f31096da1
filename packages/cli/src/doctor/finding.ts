import { describeConnectError } from '@posthorn/database/connection';
import { dim, paint } from '../output/style.js';

/** The result of a check. */
export interface Finding {
  check: string;
  /** `unknown`: the check was not possible. */
  level: 'ok' | 'warning' | 'error' | 'unknown';
  message: string;
  /** How to fix it. */
  advice?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, level: 'ok', message });

export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'warning',
  message,
  advice,
});

export const error = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'error',
  message,
  advice,
});

export const unknown = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'unknown',
  message,
  advice,
});

const SIGNS = {
  ok: paint('green', '✓'),
  warning: paint('yellow', '!'),
  error: paint('red', '✗'),
  unknown: dim('?'),
};

/** Width of the longest check name. */
const WIDTH = 'encryption key'.length;

export function findingText({ check, level, message, advice }: Finding): string {
  const line = `${SIGNS[level]} ${check.padEnd(WIDTH)}  ${message}`;
  return advice === undefined ? line : `${line}\n${' '.repeat(WIDTH + 4)}${dim(advice)}`;
}

/** Returns the message of an error. `fetch` has it in the cause of its error. */
export function errorMessage(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  return failure.message === 'fetch failed' ? describeConnectError(failure.cause) : failure.message;
}

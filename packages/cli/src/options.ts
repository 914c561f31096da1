import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { UsageError } from './usage-error.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A moment, or how long ago it was: `2h`. Everything else is for the API to judge. */
export const timeAgo = (value: string): string => moment(value, -1);

/** A moment, or how long it is until then: `30d`. */
export const timeAhead = (value: string): string => moment(value, 1);

function moment(value: string, direction: 1 | -1): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  if (count === undefined) return value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the four
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  return new Date(Date.now() + direction * seconds * 1000).toISOString();
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

/** How many items of a list are shown at most. */
export function listLimit(value: string): number {
  const count = wholeNumber(value);
  if (count === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return count;
}

export function port(value: string): number {
  const number = wholeNumber(value);
  if (number > 65_535) throw new InvalidArgumentError('It must be a port, from 0 to 65535.');
  return number;
}

/** `a,b`, and the option again and again. */
export function list(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',').map((part) => part.trim())].filter((part) => part !== '');
}

export function numbers(value: string): number[] {
  return list(value).map(wholeNumber);
}

/** `50/1`: so many in so many seconds. */
export function rateLimit(value: string): { limit: number; perSeconds: number } {
  const [, most, perSeconds] = /^(\d{1,9})\/(\d{1,9})$/.exec(value) ?? [];
  if (most === undefined) throw new InvalidArgumentError('It must be as 50/1: 50 in 1 second.');
  return { limit: Number(most), perSeconds: Number(perSeconds) };
}

/** `Name: value`, again and again. */
export function header(value: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, content] = /^([^:]+):\s*(.*)$/.exec(value) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be as "Name: value".');
  return { ...before, [name]: content ?? '' };
}

/** What Posthorn answers, or judges itself, taken for what it must be. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- looked into with care, or answered with 422
export const unchecked = <T>(value: unknown): T => value as T;

/** The word that puts a setting back. */
export const DEFAULT = 'default';

/** What `parse` makes of it, but `default` as it is: Commander takes null for nothing. */
export function orDefault<T>(parse: (value: string, before?: T) => T) {
  return (value: string, before?: T | typeof DEFAULT): T | typeof DEFAULT =>
    value === DEFAULT ? DEFAULT : parse(value, before === DEFAULT ? undefined : before);
}

/**
 * JSON that is given as it is, in a file (`@file`) or on stdin (`-`).
 * @throws UsageError naming `option`
 */
export async function readJson(option: string, value: string): Promise<unknown> {
  const json = await readSource(option, value);
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${option} is not valid JSON: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}

async function readSource(option: string, value: string): Promise<string> {
  if (value === '-') return text(process.stdin);
  if (!value.startsWith('@')) return value;
  try {
    return await readFile(value.slice(1), 'utf8');
  } catch (error) {
    throw new UsageError(`${option}: ${value.slice(1)} cannot be read`, { cause: error });
  }
}

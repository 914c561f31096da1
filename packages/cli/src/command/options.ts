import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fieldProblem, inexactNumber } from '@posthorn/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { host, resolvePath } from '../host/host.js';
import type { Columns } from '../output/text.js';
import { parseErrorReason } from './parse-error.js';
import { cannotRead, UsageError } from './usage-error.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a time, a duration in the past such as `2h`, or the last local time such as `06:54`. The API validates everything else. */
export const timeAgo = (value: string): string => lastTimeOfDay(value) ?? moment(value, -1);

/** Returns the last time at which local clocks showed `value`, or null if it is not of the form `06:54`. */
function lastTimeOfDay(value: string): string | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  if (hours === undefined) return null;
  const time = new Date();
  time.setHours(Number(hours), Number(minutes), 0, 0);
  if (time.getTime() > Date.now()) time.setDate(time.getDate() - 1);
  return time.toISOString();
}

/** Parses a time, or a duration in the future such as `30d`. */
export const timeAhead = (value: string): string => moment(value, 1);

function moment(value: string, direction: 1 | -1): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  if (count === undefined) return value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the four
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  return new Date(Date.now() + direction * seconds * 1000).toISOString();
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('Must be a whole number.');
  return Number(value);
}

/** How the rows of a list are printed, with all fields: for spreadsheets and scripts. */
export const ROW_FORMAT = new Option(
  '--format <format>',
  'Print the rows as csv, or as lines of JSON',
).choices(['csv', 'ndjson']);

/** Parses the maximum number of items to list. */
export function listLimit(value: string): number {
  const count = wholeNumber(value);
  if (count === 0) throw new InvalidArgumentError('Must be 1 or more.');
  return count;
}

export function trueOrFalse(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new InvalidArgumentError('Must be true or false.');
  return value === 'true';
}

export function port(value: string): number {
  const number = wholeNumber(value);
  if (number > 65_535) throw new InvalidArgumentError('Must be a port from 0 to 65535.');
  return number;
}

/** Parses a comma-separated list; the option may be repeated. */
export function list(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',').map((part) => part.trim())].filter((part) => part !== '');
}

export function numbers(value: string): number[] {
  return list(value).map(wholeNumber);
}

/** Parses a rate limit: `50/1` is 50 requests per 1 second. */
export function rateLimit(value: string): { limit: number; perSeconds: number } {
  const [, limit, perSeconds] = /^(\d{1,9})\/(\d{1,9})$/.exec(value) ?? [];
  if (limit === undefined) throw new InvalidArgumentError('Must have the form LIMIT/SECONDS, such as 50/1.');
  return { limit: Number(limit), perSeconds: Number(perSeconds) };
}

/** Parses `Name: value`; the option may be repeated. @throws UsageError without the text, which may be a credential */
export function header(value: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, content] = /^([^:]+):(.*)$/.exec(value) ?? [];
  if (name === undefined) throw new UsageError('--header must have the form "Name: value"');
  return { ...before, [name]: content?.trimStart() ?? '' };
}

/** Casts a value that the API returned, or that the API will validate. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- read with care, or rejected by the API with 422
export const unchecked = <T>(value: unknown): T => value as T;

/** The option of lists of tenants and webhooks. */
export const TAG_FILTER = ['--tag <tag>', 'Filter by tag; repeat it for all of several tags', list] as const;

/** The option of every list of which tenant's rows it shows. */
export const TENANT_FILTER = [
  '--tenant <tenant>',
  "Filter by tenant, its id or name; '*' for all tenants",
] as const;

/** The option of commands for one webhook. */
export const TENANT_OF_WEBHOOK = [
  '--tenant <tenant>',
  'The tenant of a webhook named by ext:… (default: default)',
] as const;

/** Returns the columns of a list, with the tenant of each row if they are of all tenants. */
export function withTenant<Row extends { tenantId: string | null }>(
  tenant: string | undefined,
  columns: Columns<Row>,
): Columns<Row> {
  return tenant === '*' ? { TENANT: ({ tenantId }: Row) => tenantId, ...columns } : columns;
}

/** The value that resets a setting. */
export const DEFAULT = 'default';

export type Setting<T> = T | typeof DEFAULT;

/** Maps `default` to null, which resets a setting in the API. */
export const orNull = <T>(setting: Setting<T> | undefined): T | null | undefined =>
  setting === DEFAULT ? null : setting;

/**
 * Reads a setting that is a JSON object.
 * @throws UsageError that names `option`
 */
export async function jsonSetting(
  option: string,
  value: Setting<string> | undefined,
): Promise<Record<string, unknown> | null | undefined> {
  const json = orNull(value);
  return json === null || json === undefined ? json : unchecked(await readJson(option, json));
}

/**
 * Like `jsonSetting`, for a value with a secret, which must not be in the arguments: everybody on the machine could read it.
 * @throws UsageError that names `option`
 */
export async function secretJsonSetting<T>(
  option: string,
  value: Setting<string> | undefined,
): Promise<T | null | undefined> {
  const source = orNull(value);
  if (source !== null && source !== undefined && source !== '-' && !source.startsWith('@'))
    throw new UsageError(`${option} must be @file or - (stdin): it has a secret`);
  return unchecked<T | null | undefined>(await jsonSetting(option, value));
}

/** Wraps `parse` to pass `default` through. Not null, which Commander treats as absent. */
export function orDefault<T>(parse: (value: string, before?: T) => T) {
  return (value: string, before?: Setting<T>): Setting<T> =>
    value === DEFAULT ? DEFAULT : parse(value, before === DEFAULT ? undefined : before);
}

/**
 * Reads a JSON text given inline, in a file (`@file`) or on stdin (`-`).
 * @throws UsageError that names `option`
 */
export async function readJsonText(option: string, value: string): Promise<string> {
  const json = await readSource(option, value);
  try {
    JSON.parse(json);
    return json;
  } catch (error) {
    throw new UsageError(`${option}: ${parseErrorReason(error)}`, { cause: error });
  }
}

/**
 * Like `readJsonText`, but returns the value.
 * @throws UsageError that names `option`, also if a number of the value would change
 */
export async function readJson(option: string, value: string): Promise<unknown> {
  const json = await readJsonText(option, value);
  const inexact = inexactNumber(json);
  if (inexact !== undefined)
    throw new UsageError(`${option} ${fieldProblem('inexact_number', { number: inexact }).message}`);
  return JSON.parse(json);
}

/** The options of a signing secret that the user brings. */
export interface SecretFlags {
  secret?: string;
  secretEncoding?: 'base64' | 'text';
}

export const addSecretOptions = (command: Command): Command =>
  command
    .option(
      '--secret <secret>',
      'Your own signing secret; @file or - (stdin) keeps it out of the process list',
    )
    .addOption(
      new Option('--secret-encoding <encoding>', 'How the secret is written').choices(['base64', 'text']),
    );

/** Returns a password of the flags. @throws UsageError if its file cannot be read */
export const readPassword = async (option: string, value: string): Promise<string> =>
  (await readSource(option, value)).replace(/\r?\n$/, '');

/** Returns the secret of the flags. @throws UsageError if its file cannot be read */
export async function ownSecretOf({ secret, secretEncoding }: SecretFlags): Promise<SecretFlags> {
  if (secret === undefined) return {};
  const source = await readSource('--secret', secret);
  return { secret: source.replace(/\r?\n$/, ''), ...(secretEncoding && { secretEncoding }) };
}

const SECRET_OPTIONS: ReadonlySet<string> = new Set(['--secret', '--proxy-password']);

async function readSource(option: string, value: string): Promise<string> {
  if (value === '-') return text(host().stdin);
  if (!value.startsWith('@')) return value;
  try {
    return await readFile(resolvePath(value.slice(1)), 'utf8');
  } catch (error) {
    // A secret that begins with @ is not a file.
    throw cannotRead(SECRET_OPTIONS.has(option) ? 'the file after @' : value.slice(1), error, option);
  }
}

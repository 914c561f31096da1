import { type ExportFormat, serializeRows } from '@posthorn/core/json';
import { Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { collect } from './collect.js';
import { host } from '../host/host.js';
import { type ApiFlags, resolveApi } from './resolve-api.js';
import { type Output, outputOf, write } from '../output/output.js';
import { type Columns, details, table } from '../output/text.js';

/** The API client and the output of a command. */
export interface ApiContext {
  api: Posthorn;
  output: Output;
}

/** Shorter than the SDK's defaults, because a user waits at the terminal. */
const REQUEST_LIMITS = { timeoutMs: 20_000, maxRetries: 2 };

const MAX_PAGE_SIZE = 200;

/** @throws UsageError if no API is configured */
export function apiContext(command: Command): ApiContext {
  const { url, apiKey } = resolveApi(command.optsWithGlobals<ApiFlags>(), host().env, host().cwd());
  return { api: new Posthorn({ baseUrl: url, apiKey, ...REQUEST_LIMITS }), output: outputOf(command) };
}

/** Makes a call and prints its result. */
export async function printResult<Result extends object>(
  command: Command,
  call: (api: Posthorn) => Promise<Result>,
  text: (result: Result) => string = details,
): Promise<void> {
  const { api, output } = apiContext(command);
  const result = await call(api);
  output.result(result, () => text(result));
}

interface ListQuery<Row> {
  /** Maximum number of rows. */
  limit: number;
  /** `page` ends the query: it hides the option `--format`, which is not a filter of the API. */
  rows: (api: Posthorn, page: { limit: number; format?: undefined }) => AsyncIterable<Row>;
  columns: Columns<Row>;
  /** Printed for an empty list. */
  empty: string;
}

/** Prints a list as a table, as JSON, or in the format of `ROW_FORMAT`. */
export async function printList<Row extends object>(
  command: Command,
  { limit, rows, columns, empty }: ListQuery<Row>,
): Promise<void> {
  const { api, output } = apiContext(command);
  const found = await collect(rows(api, { limit: Math.min(limit, MAX_PAGE_SIZE), format: undefined }), limit);
  const { format } = command.opts<{ format?: ExportFormat }>();
  if (format) writeRows(serializeRows(found, format));
  else output.result(found, () => table(found, columns, empty));
}

/** Writes rows to a file as they are, but not to a terminal. */
function writeRows(rows: string): void {
  const { stdout } = host();
  if (stdout.isTTY) write('stdout', rows);
  else stdout.write(rows);
}

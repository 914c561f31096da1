import { Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { type ApiFlags, resolveApi } from './resolve-api.js';
import { type Output, outputOf } from './output/output.js';
import { type Columns, details, table } from './output/text.js';

/** What a command that talks to the API works with. */
export interface ApiContext {
  api: Posthorn;
  output: Output;
}

/** Somebody waits before the terminal. */
const REQUEST_LIMITS = { timeoutMs: 20_000, maxRetries: 2 };

const MAX_PAGE_SIZE = 200;

/** @throws UsageError when there is no telling where the API is */
export function apiContext(command: Command): ApiContext {
  const { url, apiKey } = resolveApi(command.optsWithGlobals<ApiFlags>(), process.env, process.cwd());
  return { api: new Posthorn({ baseUrl: url, apiKey, ...REQUEST_LIMITS }), output: outputOf(command) };
}

/** Says what a call answers. */
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
  /** How many at most. */
  limit: number;
  rows: (api: Posthorn, page: { limit: number }) => AsyncIterable<Row>;
  columns: Columns<Row>;
  /** What is said of an empty list. */
  none: string;
}

/** Says what is in a list. */
export async function printList<Row>(
  command: Command,
  { limit, rows, columns, none }: ListQuery<Row>,
): Promise<void> {
  const { api, output } = apiContext(command);
  const found = await take(rows(api, { limit: Math.min(limit, MAX_PAGE_SIZE) }), limit);
  output.result(found, () => table(found, columns, none));
}

/** The first items of a list. */
export async function take<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

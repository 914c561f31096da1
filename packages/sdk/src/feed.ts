import { type CallOptions, isOptions } from './calls.js';
import { PosthornError } from './error.js';
import type { components } from './generated/api.js';
import { sleep } from './retrying-fetch.js';

export type FeedEntry = components['schemas']['FeedEntry'];
type FeedPage = components['schemas']['Feed'];

/** Which entries of a feed are read, and how. */
export interface FeedInput {
  /** The number after which the first entry is read. Default: the stored cursor, or else all entries that are left are read. */
  after?: number;
  /** Size of a page: 1 to 100, default 50. */
  limit?: number;
  /** How long a call waits for new entries, in seconds: 0 to 30, default 20. With 0, the iteration ends after the last entry. */
  wait?: number;
  /** Stores the cursor after each page, when its last entry has been processed. Default: false. */
  saveCursor?: boolean;
}

/** The feed of a webhook as a method. */
export type Feed = (
  id: string,
  ...args: [input?: FeedInput, options?: FeedOptions] | [options: FeedOptions]
) => AsyncGenerator<FeedEntry, void, void>;

/** Options of an iteration. */
export interface FeedOptions {
  /** Ends the iteration, without an error. */
  signal?: AbortSignal;
}

/** The API calls that a feed consists of. */
interface FeedCalls {
  read(id: string, query: Omit<FeedInput, 'saveCursor'>, options: CallOptions): Promise<FeedPage>;
  saveCursor(id: string, cursor: { sequence: number }): Promise<unknown>;
}

const WAIT_SECONDS = 20;
const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** A call that returns nothing sooner did not wait; the next one is delayed by this time. In milliseconds. */
const EARLY_MS = 500;

/**
 * Returns a method that iterates over the entries of a feed: `for await (const entry of feed(id))`. Unless `wait` is 0, it waits for new
 * entries until the signal aborts, and continues after failures that are temporary.
 */
export const feedOf =
  (calls: FeedCalls): Feed =>
  (id, ...args) => {
    const [input = {}, options = {}] = args.length === 1 && isOptions(args[0]) ? [{}, args[0]] : args;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not the options
    return entriesOf(calls, id, { input: input as FeedInput, signal: options.signal });
  };

interface Reading {
  input: FeedInput;
  signal: AbortSignal | undefined;
}

async function* entriesOf(
  calls: FeedCalls,
  id: string,
  reading: Reading,
): AsyncGenerator<FeedEntry, void, void> {
  const { signal } = reading;
  try {
    for await (const entries of pagesOf(calls, id, reading))
      for (const entry of entries) {
        if (signal?.aborted) return;
        yield entry;
      }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function* pagesOf(
  calls: FeedCalls,
  id: string,
  { input, signal }: Reading,
): AsyncGenerator<FeedEntry[], void, void> {
  const { saveCursor = false, wait = WAIT_SECONDS, ...query } = input;
  const options = signal ? { signal } : {};
  const call = <Result>(request: () => Promise<Result>): Promise<Result> =>
    wait === 0 ? request() : persist(request, signal);
  let { after } = query;
  for (;;) {
    const from = { ...query, wait, ...(after !== undefined && { after }) };
    const startedAtMs = performance.now();
    const { entries, cursor } = await call(async () => parsePage(await calls.read(id, from, options)));
    yield entries;
    const last = entries.at(-1)?.sequence;
    after = last ?? after ?? cursor ?? undefined;
    if (last === undefined && wait === 0) return;
    // The call did not wait, such as behind a proxy that ends it.
    if (last === undefined && performance.now() - startedAtMs < EARLY_MS)
      await sleep(EARLY_MS, signal ?? new AbortController().signal);
    // Also if the signal aborted while the last entry was processed.
    if (last !== undefined && saveCursor) await call(() => calls.saveCursor(id, { sequence: last }));
  }
}

/** @throws PosthornError if the response is not from the API */
function parsePage(page: FeedPage): FeedPage {
  if (Array.isArray(page.entries)) return page;
  throw new PosthornError('The response is not from the API', { code: 'unexpected_response', status: 200 });
}

/** Makes a call until it succeeds or fails permanently. @throws the reason of the signal, if it aborts */
async function persist<Result>(
  call: () => Promise<Result>,
  signal = new AbortController().signal,
): Promise<Result> {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await sleep(
        Math.min(INITIAL_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.5 + Math.random() / 2),
        signal,
      );
    }
  }
}

const isTemporary = (error: unknown): boolean =>
  error instanceof PosthornError &&
  (error.status === undefined || error.status === 429 || error.status >= 500);

import type { Client } from 'openapi-fetch';
import { isOptions } from './calls.js';
import { parseObject, PosthornError, unexpectedResponse } from './error.js';
import type { paths } from './generated/api.js';
import { RETRYABLE_STATUS, sleep } from './retrying-fetch.js';

/** A record of an export, and its line. */
export interface ExportedRecord {
  /** Such as `event` or `delivery`; `complete` for the last line. */
  type: string;
  /** Continues the export after this record. */
  cursor: string;
  /** The record, as the API returns it elsewhere. */
  data: Record<string, unknown>;
  /** The line as the API wrote it, without the line break. Numbers keep their spelling. */
  text: string;
}

export interface ExportInput {
  /** The cursor of the record after which the export begins. */
  after?: string;
}

export interface ExportOptions {
  /** Ends the iteration with an error. */
  signal?: AbortSignal;
}

/** The export of a tenant as a method. */
export type TenantExport = (
  id: string,
  ...args: [input?: ExportInput, options?: ExportOptions] | [options: ExportOptions]
) => AsyncGenerator<ExportedRecord, void, void>;

/** Interruptions in a row, without a record in between, before the iteration fails: after more than half a minute, in which an API restarts. */
const MAX_INTERRUPTIONS = 8;
const INITIAL_DELAY_MS = 1000;
const MAX_DELAY_MS = 8000;

/** A connection without data for this time is given up. */
const IDLE_MS = 60_000;

/**
 * Returns a method that iterates over the records of a tenant: `for await (const record of export(id))`. After an interruption it continues
 * after the last record. The last record has the type `complete`.
 */
export const tenantExportOf =
  (client: Client<paths>): TenantExport =>
  (id, ...args) => {
    const [input = {}, options = {}] = args.length === 1 && isOptions(args[0]) ? [{}, args[0]] : args;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not the options
    const { after, signal } = { ...(input as ExportInput), ...options };
    return recordsOf({ after, signal }, (query, stop) =>
      client.GET('/v1/tenants/{id}/export', {
        params: { path: { id }, query },
        parseAs: 'stream',
        signal: stop,
      }),
    );
  };

/** The export of the audit log as a method. */
export type AuditExport = (
  ...args: [input?: ExportInput, options?: ExportOptions] | [options: ExportOptions]
) => AsyncGenerator<ExportedRecord, void, void>;

/** Returns a method that iterates over the entries of the audit log in the order of the chain, like that of a tenant. */
export const auditExportOf =
  (client: Client<paths>): AuditExport =>
  (...args) => {
    const [input = {}, options = {}] = args.length === 1 && isOptions(args[0]) ? [{}, args[0]] : args;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not the options
    const { after, signal } = { ...(input as ExportInput), ...options };
    return recordsOf({ after, signal }, (query, stop) =>
      client.GET('/v1/audit-entries/export', { params: { query }, parseAs: 'stream', signal: stop }),
    );
  };

type Open = (query: { after?: string }, signal: AbortSignal) => Promise<{ response: Response }>;

async function* recordsOf(
  {
    after,
    signal = new AbortController().signal,
  }: { after: string | undefined; signal: AbortSignal | undefined },
  open: Open,
): AsyncGenerator<ExportedRecord, void, void> {
  let last = after;
  let isOpened = false;
  for (let interruptions = 0; interruptions < MAX_INTERRUPTIONS; interruptions += 1) {
    if (interruptions > 0)
      await sleep(Math.min(INITIAL_DELAY_MS * 2 ** (interruptions - 1), MAX_DELAY_MS), signal);
    // The first call fails as others do.
    const body = await bodyOf(open(last === undefined ? {} : { after: last }, signal), isOpened);
    signal.throwIfAborted();
    if (body === null) continue;
    isOpened = true;
    for await (const line of linesOf(body, signal)) {
      const record = parseLine(line);
      yield record;
      if (record.type === 'complete') return;
      interruptions = 0;
      last = record.cursor;
    }
    signal.throwIfAborted();
  }
  throw new PosthornError('The export was interrupted several times', { code: 'unreachable' });
}

/** Returns the body of a response. Null for a temporary failure, if it may be one. */
async function bodyOf(
  opened: Promise<{ response: Response }>,
  mayFail: boolean,
): Promise<ReadableStream<Uint8Array> | null> {
  try {
    const { response } = await opened;
    if (!response.body) throw unexpectedResponse(response, '');
    return response.body;
  } catch (error) {
    if (mayFail && error instanceof PosthornError && isTemporary(error)) return null;
    throw error;
  }
}

const isTemporary = ({ status }: PosthornError): boolean =>
  status === undefined || RETRYABLE_STATUS.has(status);

/** Yields the complete lines of a stream, until it ends or breaks. */
async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const chunk = await withinIdleTime(reader.read(), signal).catch(() => null);
      if (!chunk?.value) return;
      const lines = (rest + decoder.decode(chunk.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    // Also disconnects.
    await reader.cancel().catch(() => {});
  }
}

/** @throws the reason of the signal if it aborts, or an error after `IDLE_MS` */
async function withinIdleTime<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const settled = new AbortController();
  const stop = (): void => settled.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const idle = sleep(IDLE_MS, settled.signal).then(() => {
      throw new PosthornError('The export sent nothing for a minute', { code: 'timeout' });
    });
    return await Promise.race([result, idle]);
  } finally {
    signal.removeEventListener('abort', stop);
    settled.abort();
  }
}

/** @throws PosthornError if the line is not from the API */
function parseLine(text: string): ExportedRecord {
  const { type, cursor, data } = parseObject(text) ?? {};
  if (typeof type !== 'string' || typeof cursor !== 'string' || typeof data !== 'object' || data === null)
    throw new PosthornError('The response is not from the API', { code: 'unexpected_response', status: 200 });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object
  return { type, cursor, data: data as Record<string, unknown>, text };
}

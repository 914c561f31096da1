// The export of a tenant, against a server that breaks connections.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { type ExportedRecord, Posthorn } from '../src/index.js';

let server: Server;
let requested: (string | null)[];

/** What calls of fetch do before a request is sent. */
let failures: (() => Response)[];
/** The pauses between calls, in milliseconds, which take no time here. */
let pauses: number[];
const PAUSES_MS = new Set([1000, 2000, 4000, 8000]);

beforeEach(() => {
  failures = [];
  pauses = [];
  const realSetTimeout = setTimeout;
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((callback, ms = 0, ...args) => {
    if (!PAUSES_MS.has(ms)) return realSetTimeout(callback, ms, ...args);
    pauses.push(ms);
    return realSetTimeout(callback, 0);
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

const lineOf = (n: number, type = 'event') => `{"type":"${type}","cursor":"c${n}","data":{"n":${n}.0}}\n`;

/** Starts a server with a response for each call; the last one is repeated. */
async function client(...responses: ((response: ServerResponse) => void)[]): Promise<Posthorn> {
  requested = [];
  server = createServer((request: IncomingMessage, response) => {
    requested.push(new URL(request.url ?? '', 'http://localhost').searchParams.get('after'));
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const respond = responses.length > 1 ? responses.shift() : responses[0];
    respond?.(response);
  }).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return new Posthorn({
    apiKey: 'phk_1',
    baseUrl: `http://localhost:${port}`,
    maxRetries: 0,
    fetch: (...args) => {
      const fail = failures.shift();
      return fail ? Promise.resolve().then(fail) : fetch(...args);
    },
  });
}

async function collect(records: AsyncIterable<ExportedRecord>): Promise<ExportedRecord[]> {
  const found: ExportedRecord[] = [];
  for await (const record of records) found.push(record);
  return found;
}

it('yields the records with their lines as they were written', async () => {
  const posthorn = await client((response) => response.end(lineOf(1) + lineOf(2) + lineOf(3, 'complete')));
  const records = await collect(posthorn.tenants.export('ten_1'));
  expect(records.map(({ type, cursor }) => [type, cursor])).toEqual([
    ['event', 'c1'],
    ['event', 'c2'],
    ['complete', 'c3'],
  ]);
  expect(records[0]).toEqual({ type: 'event', cursor: 'c1', data: { n: 1 }, text: lineOf(1).trim() });
});

it('continues after the last complete line when the connection breaks, or ends too early', async () => {
  const posthorn = await client(
    (response) => response.write(lineOf(1) + lineOf(2).slice(0, 20), () => response.destroy()),
    (response) => response.end(lineOf(2)),
    (response) => response.end(lineOf(3, 'complete')),
  );
  const records = await collect(posthorn.tenants.export('ten_1', { after: 'c0' }));
  expect(records.map(({ cursor }) => cursor)).toEqual(['c1', 'c2', 'c3']);
  expect(requested).toEqual(['c0', 'c1', 'c2']);
});

it('fails after several interruptions without a record', async () => {
  const posthorn = await client((response) => response.end());
  await expect(collect(posthorn.tenants.export('ten_1'))).rejects.toMatchObject({ code: 'unreachable' });
  expect(requested).toHaveLength(8);
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000]);
});

const unreachable = (): never => {
  throw new TypeError('fetch failed');
};
const status = (code: number) => () => new Response('', { status: code });

it('waits for an API that is not reachable for a while', async () => {
  const posthorn = await client(
    (response) => response.end(lineOf(1)),
    (response) => response.end(lineOf(2) + lineOf(3, 'complete')),
  );
  const records = posthorn.tenants.export('ten_1');
  expect((await records.next()).value).toMatchObject({ cursor: 'c1' });
  failures = [unreachable, unreachable, status(503), status(502)];
  expect((await collect(records)).map(({ cursor }) => cursor)).toEqual(['c2', 'c3']);
  expect(requested).toEqual([null, 'c1']);
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 8000]);
});

it.each([
  ['of an API that was never reachable', [unreachable], null],
  ['when the API refuses to continue', [status(404)], 'c1'],
])('fails at once %s', async (_case, failing, after) => {
  const posthorn = await client((response) => response.end(lineOf(1)));
  const records = posthorn.tenants.export('ten_1');
  if (after !== null) await records.next();
  failures = failing;
  await expect(collect(records)).rejects.toMatchObject({ name: 'PosthornError' });
  expect(requested).toHaveLength(after === null ? 0 : 1);
});

it('fails if the lines are not from the API', async () => {
  const posthorn = await client((response) => response.end('<html>\n'));
  await expect(collect(posthorn.tenants.export('ten_1'))).rejects.toMatchObject({
    code: 'unexpected_response',
  });
});

it('disconnects when the iteration ends early, and throws when its signal aborts', async () => {
  const closed: Promise<unknown>[] = [];
  const respond = (response: ServerResponse) => {
    closed.push(once(response, 'close'));
    response.write(lineOf(1));
  };
  const posthorn = await client(respond);
  for await (const { cursor } of posthorn.tenants.export('ten_1')) {
    expect(cursor).toBe('c1');
    break;
  }
  await closed[0];
  const controller = new AbortController();
  const records = posthorn.tenants.export('ten_1', { signal: controller.signal });
  await records.next();
  controller.abort(new Error('enough'));
  await expect(records.next()).rejects.toThrow('enough');
  await closed[1];
});

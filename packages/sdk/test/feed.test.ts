// The iteration over a feed, against a server that plays one.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Receiver, type ReceiverResponse, type RecordedRequest, startReceiver } from '@posthorn/testkit';
import { type FeedEntry, Posthorn, type PosthornOptions } from '../src/index.js';

let server: Receiver;
/** The number of the last entry. */
let last: number;
let cursor: number | null;
/** Responses that come instead of the next ones. */
let failures: ReceiverResponse[];

beforeEach(async () => {
  last = 0;
  cursor = null;
  failures = [];
  server = await startReceiver({ handler: (request) => failures.shift() ?? respond(request) });
});
afterEach(() => server.close());

const client = (options: Partial<PosthornOptions> = {}) =>
  new Posthorn({ apiKey: 'phk_1', baseUrl: server.url, maxRetries: 0, ...options });

const json = (body: object, status = 200): ReceiverResponse => ({
  status,
  headers: { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' },
  body: JSON.stringify(body),
});

const problem = (status: number, code: string) => json({ title: code, status, code }, status);

/** Plays the feed with pages of two entries. */
function respond(request: RecordedRequest): ReceiverResponse {
  if (request.method === 'POST') cursor = request.json().sequence;
  const after = queryOf(request).get('after') ?? cursor ?? 0;
  const numbers = [1, 2].map((distance) => Number(after) + distance).filter((number) => number <= last);
  return json({ entries: numbers.map((sequence) => ({ sequence })), last, cursor });
}

const queryOf = ({ path }: RecordedRequest) => new URL(path, server.url).searchParams;

/** The parameters `after` of the calls that read. */
const reads = () =>
  server.requests.filter(({ method }) => method === 'GET').map((request) => queryOf(request).get('after'));

/** The cursors that were stored. */
const cursors = () =>
  server.requests.filter(({ method }) => method === 'POST').map((request) => request.json().sequence);

async function numbersOf(entries: AsyncIterable<FeedEntry>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { sequence } of entries) numbers.push(sequence);
  return numbers;
}

it('reads the pages after the stored cursor, and ends after the last entry if it does not wait', async () => {
  last = 5;
  expect(await numbersOf(client().webhooks.feed('wh_1', { wait: 0, limit: 2 }))).toEqual([1, 2, 3, 4, 5]);
  expect(reads()).toEqual([null, '2', '4', '5']);
  expect(server.requests.map((request) => queryOf(request).get('limit'))).toEqual(['2', '2', '2', '2']);
  expect(await numbersOf(client().webhooks.feed('wh_1', { wait: 0, after: 4 }))).toEqual([5]);
  expect(cursors()).toEqual([]);
});

it('waits for new entries until the signal aborts', async () => {
  last = 1;
  const stop = new AbortController();
  const numbers: number[] = [];
  for await (const { sequence } of client().webhooks.feed('wh_1', { signal: stop.signal })) {
    numbers.push(sequence);
    last += 1;
    if (sequence === 3) stop.abort();
  }
  expect(numbers).toEqual([1, 2, 3]);
  expect(queryOf(server.requests[0]!).get('wait')).toBe('20');
});

it('ends when the signal aborts a call that waits', async () => {
  failures = ['hang'];
  const stop = new AbortController();
  const ended = numbersOf(client().webhooks.feed('wh_1', {}, { signal: stop.signal }));
  await server.waitFor(1);
  stop.abort();
  expect(await ended).toEqual([]);
});

it('gives a call the time that it waits in addition to its timeout', async () => {
  failures = [{ ...(json({ entries: [], last: 0, cursor: null }) as object), delayMs: 300 }];
  const page = await client({ timeoutMs: 100 }).webhooks.feedPage('wh_1', { wait: 30 });
  expect(page.entries).toEqual([]);
});

it('stores the cursor when a page has been processed', async () => {
  last = 3;
  const seen: [number, number[]][] = [];
  for await (const { sequence } of client().webhooks.feed('wh_1', { wait: 0, saveCursor: true }))
    seen.push([sequence, cursors()]);
  expect(seen).toEqual([
    [1, []],
    [2, []],
    [3, [2]],
  ]);
  expect(cursors()).toEqual([2, 3]);
});

async function failToProcess(): Promise<void> {
  for await (const { sequence } of client().webhooks.feed('wh_1', { saveCursor: true }))
    throw new Error(`full at ${sequence}`);
}

it('does not store the cursor if the consumer fails', async () => {
  last = 1;
  await expect(failToProcess()).rejects.toThrow('full at 1');
  expect(cursors()).toEqual([]);
});

it.each<[string, ReceiverResponse]>([
  ['a reset connection', 'reset'],
  ['503', problem(503, 'unavailable')],
  ["a proxy's 502", { status: 502, body: '<h1>' }],
])('continues after %s, at the same place', async (_name, failure) => {
  last = 2;
  const stop = new AbortController();
  const numbers: number[] = [];
  for await (const { sequence } of client().webhooks.feed('wh_1', { saveCursor: true }, stop)) {
    numbers.push(sequence);
    if (sequence === 2) failures.push(failure, failure);
    if (sequence === 2) last = 3;
    if (sequence === 3) stop.abort();
  }
  expect(numbers).toEqual([1, 2, 3]);
  // Each failure was of the call that stores the cursor. The last one was stored after the signal had aborted.
  expect(cursors()).toEqual([2, 2, 2, 3]);
  expect(reads()).toEqual([null, '2']);
});

it.each([
  [410, 'feed_expired'],
  [409, 'cursor_ahead'],
  [401, 'unauthorized'],
])('fails with %i %s', async (status, code) => {
  failures = [problem(status, code)];
  await expect(numbersOf(client().webhooks.feed('wh_1'))).rejects.toMatchObject({ status, code });
  expect(server.requests).toHaveLength(1);
});

it('fails at once if it does not wait', async () => {
  failures = [problem(503, 'unavailable')];
  const numbers = numbersOf(client().webhooks.feed('wh_1', { wait: 0 }));
  await expect(numbers).rejects.toMatchObject({ status: 503 });
});

it('fails if the response is not from the API', async () => {
  failures = [json({ ok: true })];
  const numbers = numbersOf(client().webhooks.feed('wh_1'));
  await expect(numbers).rejects.toMatchObject({ code: 'unexpected_response' });
});

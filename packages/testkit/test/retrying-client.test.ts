import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { retryingClient, startReceiver, type Receiver, type ReceiverResponse } from '../src/index.js';

let server: Receiver;
beforeEach(async () => {
  server = await startReceiver();
});
afterEach(() => server.close());

/** Sends each response once, in order, then 200. */
function respondWith(...responses: ReceiverResponse[]): void {
  server.handle(() => responses.shift() ?? { body: '{"ok":true}' });
}

it('retries connection errors, 429 and 5xx until another response', async () => {
  respondWith('reset', { status: 503, headers: { 'retry-after': '0' } }, { status: 500 }, { status: 429 });
  const { status, body } = await retryingClient(server.url, 'key').post('/v1/events', { n: 1 });
  expect([status, body]).toEqual([200, { ok: true }]);
  expect(server.requests.map((request) => request.body)).toEqual(Array(5).fill('{"n":1}'));
});

it('returns a 4xx response immediately', async () => {
  respondWith({ status: 404 });
  expect((await retryingClient(server.url, 'key').get('/')).status).toBe(404);
});

it('retries only responses that `shouldRetry` selects', async () => {
  const client = retryingClient(server.url, 'key', { shouldRetry: (status) => status === 503 });
  respondWith({ status: 503 }, { status: 500 });
  expect((await client.get('/')).status).toBe(500);
  respondWith('reset');
  await expect(client.get('/')).rejects.toThrow('fetch failed');
});

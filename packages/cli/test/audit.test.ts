import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { runHere, words } from './fixtures/command-line.js';

/** The queries that the API has received. */
let queries: URLSearchParams[] = [];
const api = createServer((request, response) => {
  queries.push(new URL(request.url ?? '', 'http://localhost').searchParams);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"nextCursor":null}');
});
let url: string;

beforeAll(async () => {
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => void api.close());
beforeEach(() => {
  queries = [];
});

it.each([
  ['audit', null, 'false'],
  ['audit --sign-ins', null, 'true'],
  ['audit --action sign_in.failed', 'sign_in.failed', null],
  ['audit --action webhook.created', 'webhook.created', null],
  ['audit --action session.created --sign-ins', 'session.created', 'true'],
])('%s asks for the action %s and sign-ins: %s', async (command, action, signIns) => {
  const result = await runHere([...words(command), '--url', url, '--api-key', 'phk_x'], { cwd: '/' });
  expect(result).toMatchObject({ code: 0, stdout: 'No audit entries\n' });
  expect(queries.map((query) => [query.get('action'), query.get('signIns')])).toEqual([[action, signIns]]);
});

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toApiCurl, toCurl } from '../src/components/curl.js';

/** The last request. */
let received: Pick<IncomingMessage, 'url' | 'headers'> & { body: string };
const server = createServer((request, response) => void receive(request, response));

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url, headers } = request;
  received = { url, headers, body: await text(request) };
  response.end();
}

let origin: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server on a port
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

/** Runs a command in a shell and returns the request that it makes. */
async function run(command: string): Promise<typeof received> {
  const env = { ...process.env, POSTHORN_API_KEY: 'phk_1' };
  await promisify(execFile)('bash', ['-c', command], { env });
  return received;
}

const BODY = `@file 'quoted' "double" $HOME \`id\` \\n
é`;

describe('a request as a shell command', () => {
  it('sends exactly the same', async () => {
    const url = `${origin}/a[1-2]/{b,c}?d='e'`;
    const headers = { 'content-type': 'application/json', 'x-name': `it's $HOME` };
    const request = await run(toCurl({ url, headers, secretHeaders: [], body: BODY }));
    expect(request.body).toBe(BODY);
    expect(request.headers).toMatchObject(headers);
    expect(decodeURI(request.url ?? '')).toBe(`/a[1-2]/{b,c}?d='e'`);
  });

  it('has no secrets', async () => {
    const headers = { authorization: 'Bearer abc', 'x-name': 'a' };
    const request = await run(toCurl({ url: origin, headers, secretHeaders: ['authorization'], body: '' }));
    expect(request.headers).toMatchObject({ authorization: '[redacted]', 'x-name': 'a' });
  });

  it('takes the API key from the environment', async () => {
    const command = toApiCurl('/v1/events', '{"a":1}', origin);
    expect(command).not.toContain('phk_');
    expect(await run(command)).toMatchObject({
      url: '/v1/events',
      body: '{"a":1}',
      headers: { authorization: 'Bearer phk_1' },
    });
  });
});

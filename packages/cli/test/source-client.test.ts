// Another product that responds with too much, fails again and again, or redirects.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { sourceApi, type SourceApi } from '../src/import/source-api.js';
import { SourceError } from '../src/import/source-error.js';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Starts a server, and returns the paths that were asked for. */
async function serve(handle: Handle): Promise<{ api: SourceApi; url: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    handle(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { api: sourceApi({ url, token: 't' }), url, paths };
}

const respond = (response: ServerResponse, status: number, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end('{}');
};

/** It is repeated at once. */
const AT_ONCE = { 'retry-after': new Date(0).toUTCString() };

/** It is repeated later than any test waits. */
const LATER = { 'retry-after': '29' };

const anything = z.unknown();

describe('a response above 32 MiB', () => {
  const body = Buffer.alloc(32 * 1024 * 1024 + 1, ' ');

  it.each([
    ['as it is', {}, body],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync(body)],
  ])('is an error about this document alone, with the limit: %s', async (_case, headers, sent) => {
    const { api, url, paths } = await serve((request, response) => {
      response.writeHead(200, request.url === '/large' ? headers : {});
      response.end(request.url === '/large' ? sent : '{}');
    });
    for (const read of [api.get, api.confirm])
      await expect(read.call(api, ['large'], anything)).rejects.toMatchObject({
        message: `${url}/large: the response is larger than 32 MiB, the most that an import reads`,
        failsEveryRequest: false,
      });
    expect(paths).toEqual(['/large', '/large']);
    expect(await api.get(['small'], anything)).toEqual({});
  });
});

describe('a product that fails', () => {
  it('with each request is not asked any more after 10 failures in a row, and the first are repeated', async () => {
    const { api, url, paths } = await serve((_request, response) => respond(response, 500, AT_ONCE));
    const results: unknown[] = [];
    for (let index = 1; index <= 12; index += 1)
      results.push(await api.confirm([String(index)], anything).catch((error: unknown) => error));
    const failed = results.map((error) => error instanceof SourceError && error.failsEveryRequest);
    expect(failed).toEqual([...Array(9).fill(false), true, true, true]);
    expect(results[0]).toMatchObject({ message: `${url}/1: 500 Internal Server Error`, status: 500 });
    expect(results[9]).toMatchObject({
      message: `10 requests in a row have failed. Repeat the import when the product responds again. The last one: ${url}/10: 500 Internal Server Error`,
    });
    const counts = results.map((_result, index) => paths.filter((path) => path === `/${index + 1}`).length);
    expect(counts).toEqual([6, 6, 6, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  it.each([['responds'], ['has no such document']])('is still asked if it %s in between', async (kind) => {
    const { api, paths } = await serve(({ url }, response) =>
      respond(response, url === '/between' ? (kind === 'responds' ? 200 : 404) : 507),
    );
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 9; index += 1)
        await expect(api.get(['failing'], anything)).rejects.toMatchObject({ failsEveryRequest: false });
      await api.find(['between'], anything);
    }
    expect(paths).toHaveLength(50);
  });

  it('does not let other requests wait for their repetition', async () => {
    const { api, paths } = await serve(({ url }, response) =>
      url === '/waiting' ? respond(response, 503, LATER) : respond(response, 507),
    );
    const waiting = api.get(['waiting'], anything).catch((error: unknown) => error);
    while (paths.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let index = 0; index < 10; index += 1) await api.get(['failing'], anything).catch(() => {});
    expect(await waiting).toMatchObject({ message: expect.stringMatching(/^10 requests in a row/) });
  });
});

describe('a 404', () => {
  it('is a proof of absence, but not that of an address to which the product redirects', async () => {
    const { api, url } = await serve((request, response) =>
      request.url === '/moved' ? respond(response, 302, { location: '/gone' }) : respond(response, 404),
    );
    expect(await api.confirm(['gone'], anything)).toBeNull();
    await expect(api.confirm(['moved'], anything)).rejects.toThrow(
      `${url}/moved: 404 Not Found, after a redirect to ${url}/gone`,
    );
  });
});

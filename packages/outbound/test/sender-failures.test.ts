import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { listeningPort } from './support/listening-port.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { startRawServer, type Connection, type RawServer } from './support/raw-server.js';

let servers: RawServer[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

/** Starts a server that handles every connection this way, and returns its URL. */
async function misbehaving(handle: (connection: Connection) => void): Promise<string> {
  const server = await startRawServer(async (connection) => {
    await connection.requests(1);
    handle(connection);
  });
  servers.push(server);
  return `http://127.0.0.1:${server.port}/`;
}

describe('a failure', () => {
  it('is a timeout if there is no response in time, and the connection is closed', async () => {
    const url = await misbehaving(() => {});
    const outcome = await loopbackSender().send(post(url, { timeoutMs: 200 }));
    expect(outcome).toMatchObject({
      kind: 'failure',
      code: 'timeout',
      message: 'The receiver did not respond in time',
    });
    expect(outcome.kind === 'failure' && outcome.durationMs).toBeGreaterThanOrEqual(199);
    expect(outcome.kind === 'failure' && outcome.durationMs).toBeLessThan(1000);
    await servers[0]?.connections[0]?.closed;
  });

  it('is connection_refused if no server listens', async () => {
    const outcome = await loopbackSender().send(post(`http://127.0.0.1:${await freePort()}/`));
    expect(outcome).toMatchObject({
      code: 'connection_refused',
      message: 'Connection refused: no server is listening on this port',
    });
  });

  it('is dns_error if the name does not resolve', async () => {
    const sender = loopbackSender({
      lookup: () => Promise.reject(Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' })),
    });
    expect(await sender.send(post('http://nowhere.example/'))).toMatchObject({
      code: 'dns_error',
      message: 'The host name nowhere.example could not be resolved: it has no address',
    });
  });

  it('is a timeout if the name is not resolved within the timeout of the request', async () => {
    const sender = loopbackSender({ lookup: () => new Promise(() => {}) });
    const outcome = await sender.send(post('http://slow.example/', { timeoutMs: 200 }));
    expect(gist(outcome)).toBe('timeout');
  });

  it('is a timeout if the name is not resolved within 3 s, even with a longer timeout of the request', async () => {
    const sender = loopbackSender({ lookup: () => new Promise(() => {}) });
    const outcome = await sender.send(post('http://slow.example/', { timeoutMs: 30_000 }));
    expect(outcome).toMatchObject({
      code: 'timeout',
      message: 'Resolving the host name slow.example timed out after 3 s',
    });
  });

  it('is returned, not thrown, if a header is invalid', async () => {
    const outcome = await loopbackSender().send(
      post('http://127.0.0.1:1/', { headers: { 'x-a': 'a\r\nb: c' } }),
    );
    expect(outcome).toMatchObject({ code: 'network_error', message: expect.stringContaining('header') });
  });

  it.each([
    ['not a URL', 'invalid_url'],
    ['http://10.0.0.1/', 'blocked_address'],
    ['http://user@127.0.0.1/', 'invalid_url'],
  ])('is returned without a connection for %j', async (url, code) => {
    expect(gist(await loopbackSender().send(post(url)))).toBe(code);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listeningPort(server);
  server.close();
  await once(server, 'close');
  return port;
}

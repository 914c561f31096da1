import { afterEach, describe, expect, it } from '@jest/globals';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type RawServer } from './support/raw-server.js';

let servers: RawServer[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

describe('a failure', () => {
  it('is a timeout if there is no response in time, and the connection is closed', async () => {
    const server = await startRawServer(async ({ socket, requests }) => {
      await requests(1);
      socket.write(rawResponse(200));
    });
    servers.push(server);
    const url = `http://127.0.0.1:${server.port}/`;
    const sender = loopbackSender();
    // On a busy machine, the connection alone could take longer than the timeout.
    await sender.send(post(url));
    const outcome = await sender.send(post(url, { timeoutMs: 200 }));
    expect(outcome).toMatchObject({
      kind: 'failure',
      code: 'timeout',
      message: 'The receiver did not respond in time',
    });
    // Node's timers count from the start of the turn in which they are set, so on a busy machine they fire milliseconds early.
    expect(outcome.kind === 'failure' && outcome.durationMs).toBeGreaterThanOrEqual(150);
    await server.connections[0]?.closed;
  });

  it('is connection_refused if no server listens', async () => {
    const outcome = await loopbackSender().send(post('http://127.0.0.1:1/'));
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

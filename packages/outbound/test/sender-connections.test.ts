import { afterEach, describe, expect, it } from '@jest/globals';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type Connection, type RawServer } from './support/raw-server.js';
import { startWebServer, type WebServer } from './support/web-server.js';

let servers: (WebServer | RawServer)[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function raw(onConnection?: (connection: Connection, index: number) => void | Promise<void>) {
  const server = await startRawServer(onConnection);
  servers.push(server);
  return { ...server, url: `http://127.0.0.1:${server.port}/` };
}

/** Responds to `count` requests on one connection, one after the other. */
async function respond({ socket, requests }: Connection, count: number): Promise<void> {
  for (let done = 1; done <= count; done += 1) {
    await requests(done);
    socket.write(rawResponse(200, 'ok'));
  }
}

describe('connections', () => {
  it('are reused', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender();
    for (let count = 0; count < 20; count += 1) expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connectionCount()).toBe(1);
  });

  it('are not reused by a request that started before the last response ended', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender();
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => sender.send(post(server.url))));
    expect(outcomes.map(gist)).toEqual(Array.from({ length: 30 }, () => '200'));
    await Promise.all(Array.from({ length: 30 }, () => sender.send(post(server.url))));
    expect(server.connectionCount()).toBe(30);
    expect(server.requests).toHaveLength(60);
  });

  it('stay within the limit per origin once they are open', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender({ maxSocketsPerOrigin: 1 });
    await sender.send(post(server.url));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => sender.send(post(server.url))));
    expect(outcomes.map(gist)).toEqual(Array.from({ length: 10 }, () => '200'));
    expect(server.connectionCount()).toBe(1);
  });

  it('are closed when they have been idle for a while', async () => {
    const server = await raw((connection) => respond(connection, 1));
    await loopbackSender({ idleTimeoutMs: 50 }).send(post(server.url));
    await (
      await server.connection(0)
    ).closed;
  });

  it('are replaced once if the receiver closed them while they were being reused', async () => {
    const server = await raw(async (connection, index) => {
      await respond(connection, 1);
      await connection.requests(2);
      if (index === 0) connection.socket.destroy();
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connections).toHaveLength(2);
    expect(server.connections[1]?.received).toMatch(/connection: close/i);
  });

  it('fail if the replacement breaks too', async () => {
    const server = await raw(async (connection, index) => {
      if (index === 0) await respond(connection, 1);
      await connection.requests(index === 0 ? 2 : 1);
      connection.socket.destroy();
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('connection_reset');
    expect(server.connections).toHaveLength(2);
  });

  it('are not replaced if they break after the first byte of a response', async () => {
    const server = await raw(async (connection) => {
      await respond(connection, 1);
      await connection.requests(2);
      connection.socket.end('HTTP/1.1 2');
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toMatch(/connection_reset|invalid_response/);
    expect(server.connections).toHaveLength(1);
  });

  it('are closed by stop: idle ones immediately, busy ones after their request', async () => {
    const server = await raw(async (connection, index) => {
      if (index === 0) return respond(connection, 1);
      await connection.requests(1);
      connection.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
    });
    const sender = loopbackSender();
    await sender.send(post(server.url));
    const idle = await server.connection(0);
    const busy = sender.send(post(server.url));
    // The idle connection is reused first, so the third request opens a new one.
    const second = sender.send(post(server.url));
    const waiting = await server.connection(1);
    await waiting.requests(1);
    await idle.requests(2);
    idle.socket.write(rawResponse(200, 'ok'));
    await busy;
    await sender.stop();
    await idle.closed;
    expect(waiting.socket.destroyed).toBe(false);
    waiting.socket.write('ok');
    expect(await second).toMatchObject({ kind: 'response', body: 'ok' });
    await waiting.closed;
  });
});

describe('isFresh', () => {
  it('is called when a new connection is open; if it returns false, nothing is sent', async () => {
    const server = await raw();
    let connected = 0;
    const outcome = await loopbackSender().send(
      post(server.url, {
        isFresh: () => {
          connected = server.connections.length;
          return false;
        },
      }),
    );
    expect(outcome).toEqual({ kind: 'not_started' });
    const connection = await server.connection(0);
    await connection.closed;
    expect(connected).toBeLessThanOrEqual(1);
    expect(connection.received).toBe('');
  });

  it('is called right before a connection is reused; if it returns false, nothing is sent', async () => {
    const server = await raw((connection) => respond(connection, 1));
    const sender = loopbackSender();
    await sender.send(post(server.url));
    expect(await sender.send(post(server.url, { isFresh: () => false }))).toEqual({ kind: 'not_started' });
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received.split('POST ')).toHaveLength(2);
    expect(server.connections).toHaveLength(1);
  });

  it('is called after the lookup', async () => {
    const server = await startWebServer((_request, response) => response.end());
    servers.push(server);
    const order: string[] = [];
    const sender = loopbackSender({
      lookup: async () => {
        order.push('lookup');
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    const url = server.url.replace('127.0.0.1', 'receiver.example');
    await sender.send(post(url, { isFresh: () => order.push('isFresh') > 0 }));
    expect(order).toEqual(['lookup', 'isFresh', 'isFresh']);
  });

  it('also prevents the second request after a stale connection, and the outcome is that of the first', async () => {
    const server = await raw(async (connection) => {
      await respond(connection, 1);
      await connection.requests(2);
      connection.socket.destroy();
    });
    const sender = loopbackSender();
    await sender.send(post(server.url));
    let calls = 0;
    const outcome = await sender.send(post(server.url, { isFresh: () => (calls += 1) === 1 }));
    expect(gist(outcome)).toBe('connection_reset');
    expect(calls).toBe(3);
    const second = await server.connection(1);
    await second.closed;
    expect(second.received).toBe('');
  });

  it('is followed by refresh only if a new connection took too long to open', async () => {
    const server = await startWebServer((_request, response) => response.end());
    servers.push(server);
    const sender = loopbackSender();
    let isFresh = false;
    let refreshes = 0;
    const refresh = async () => {
      refreshes += 1;
      isFresh = true;
    };
    const request = post(server.url, { isFresh: () => isFresh, refresh });
    expect(gist(await sender.send(request))).toBe('200');
    isFresh = false;
    expect(await sender.send(request)).toEqual({ kind: 'not_started' });
    expect(refreshes).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it('fails the request if refresh fails', async () => {
    const server = await raw();
    const outcome = await loopbackSender().send(
      post(server.url, { isFresh: () => false, refresh: () => Promise.reject(new Error('timed out')) }),
    );
    expect(gist(outcome)).toBe('network_error');
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawAnswer, startRawServer, type Connection, type RawServer } from './support/raw-server.js';
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

/** Answers so many requests on one connection, one after the other. */
async function answer({ socket, requests }: Connection, count: number): Promise<void> {
  for (let done = 1; done <= count; done += 1) {
    await requests(done);
    socket.write(rawAnswer(200, 'ok'));
  }
}

describe('connections', () => {
  it('are used again', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender();
    for (let count = 0; count < 20; count += 1) expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connectionCount()).toBe(1);
  });

  it('are not used again by a request that was made before the last answer ended', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender();
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => sender.send(post(server.url))));
    expect(outcomes.map(gist)).toEqual(Array.from({ length: 30 }, () => '200'));
    await Promise.all(Array.from({ length: 30 }, () => sender.send(post(server.url))));
    expect(server.connectionCount()).toBe(30);
    expect(server.requests).toHaveLength(60);
  });

  it('keep to the limit for one origin once they are open', async () => {
    const server = await startWebServer((_request, response) => response.end('ok'));
    servers.push(server);
    const sender = loopbackSender({ maxSocketsPerOrigin: 1 });
    await sender.send(post(server.url));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => sender.send(post(server.url))));
    expect(outcomes.map(gist)).toEqual(Array.from({ length: 10 }, () => '200'));
    expect(server.connectionCount()).toBe(1);
  });

  it('that the receiver closed as they were used again are replaced, once', async () => {
    const server = await raw(async (connection, index) => {
      await answer(connection, 1);
      await connection.requests(2);
      if (index === 0) connection.socket.destroy();
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connections).toHaveLength(2);
    expect(server.connections[1]?.received).toMatch(/connection: close/i);
  });

  it('that break again after that are a failure', async () => {
    const server = await raw(async (connection, index) => {
      if (index === 0) await answer(connection, 1);
      await connection.requests(index === 0 ? 2 : 1);
      connection.socket.destroy();
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('connection_reset');
    expect(server.connections).toHaveLength(2);
  });

  it('that break after the first byte of an answer are not replaced', async () => {
    const server = await raw(async (connection) => {
      await answer(connection, 1);
      await connection.requests(2);
      connection.socket.end('HTTP/1.1 2');
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toMatch(/connection_reset|invalid_response/);
    expect(server.connections).toHaveLength(1);
  });

  it('are all closed after close, idle ones at once and busy ones when they are done', async () => {
    const server = await raw(async (connection, index) => {
      if (index === 0) return answer(connection, 1);
      await connection.requests(1);
      connection.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
    });
    const sender = loopbackSender();
    await sender.send(post(server.url));
    const idle = await server.connection(0);
    const busy = sender.send(post(server.url));
    // The idle one is taken first, so a third request makes the busy connection.
    const second = sender.send(post(server.url));
    const waiting = await server.connection(1);
    await waiting.requests(1);
    await idle.requests(2);
    idle.socket.write(rawAnswer(200, 'ok'));
    await busy;
    await sender.stop();
    const closedAt = performance.now();
    await idle.closed;
    expect(waiting.socket.destroyed).toBe(false);
    waiting.socket.write('ok');
    expect(await second).toMatchObject({ kind: 'response', body: 'ok' });
    await waiting.closed;
    // They were not just left to time out.
    expect(performance.now() - closedAt).toBeLessThan(2000);
  });
});

describe('isFresh', () => {
  it('is asked when a new connection is open, and nothing is sent without it', async () => {
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

  it('is asked right before a connection is used again, and nothing is sent without it', async () => {
    const server = await raw((connection) => answer(connection, 1));
    const sender = loopbackSender();
    await sender.send(post(server.url));
    expect(await sender.send(post(server.url, { isFresh: () => false }))).toEqual({ kind: 'not_started' });
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received.split('POST ')).toHaveLength(2);
    expect(server.connections).toHaveLength(1);
  });

  it('is asked after the lookup', async () => {
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

  it('also holds back the second try after a stale connection, which is then told as what it was', async () => {
    const server = await raw(async (connection) => {
      await answer(connection, 1);
      await connection.requests(2);
      connection.socket.destroy();
    });
    const sender = loopbackSender();
    await sender.send(post(server.url));
    let asked = 0;
    const outcome = await sender.send(post(server.url, { isFresh: () => (asked += 1) === 1 }));
    expect(gist(outcome)).toBe('connection_reset');
    expect(asked).toBe(3);
    const second = await server.connection(1);
    await second.closed;
    expect(second.received).toBe('');
  });

  it('is renewed over a new connection where making it took too long, and only there', async () => {
    const server = await startWebServer((_request, response) => response.end());
    servers.push(server);
    const sender = loopbackSender();
    let permitted = false;
    let renewed = 0;
    const refresh = async () => {
      renewed += 1;
      permitted = true;
    };
    const request = post(server.url, { isFresh: () => permitted, refresh });
    expect(gist(await sender.send(request))).toBe('200');
    permitted = false;
    expect(await sender.send(request)).toEqual({ kind: 'not_started' });
    expect(renewed).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it('is not held up by a renewal that fails', async () => {
    const server = await raw();
    const outcome = await loopbackSender().send(
      post(server.url, { isFresh: () => false, refresh: () => Promise.reject(new Error('no answer')) }),
    );
    expect(gist(outcome)).toBe('network_error');
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });
});

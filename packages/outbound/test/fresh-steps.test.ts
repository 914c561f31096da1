// Requests whose read goes stale while a connection is opened: credentials of the sender must not leave.
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseProxyUrl, type ProxyRoute, type ReadFreshness } from '@posthorn/core';
import { createAuthority, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { type Connection, type RawServer, startRawServer } from './support/raw-server.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { startWebServer } from './support/web-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await closeSenders();
  for (const each of open.splice(0)) await each.close();
});

const opened = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
  const part = await starting;
  open.push(part);
  return part;
};

/** A read that goes stale when it is told to, and that `refresh` makes fresh unless the webhook has changed. */
class Read implements ReadFreshness {
  isStale = false;
  hasChanged = false;
  refreshes = 0;
  readonly isFresh = () => !this.isStale;
  readonly refresh = async () => {
    this.refreshes += 1;
    if (!this.hasChanged) this.isStale = false;
  };

  change(): void {
    this.hasChanged = true;
    this.isStale = true;
  }
}

function routeOf(scheme: string, { port }: RawServer): ProxyRoute {
  const route = parseProxyUrl(`${scheme}://user:password@127.0.0.1:${port}`, false);
  if (!route) throw new Error('This is not the URL of a proxy');
  return route;
}

const isConnected = ({ connections }: RawServer) =>
  eventually(() => expect(connections.length).toBeGreaterThan(0));

describe('a proxy', () => {
  it.each(['http', 'socks5'])('gets nothing over a route that has changed: %s', async (scheme) => {
    const proxy = await opened(startRawServer());
    const read = new Read();
    read.change();
    const sender = loopbackSender({ proxy: routeOf(scheme, proxy) });
    expect(await sender.send(post('http://127.0.0.1:9/', readOf(read)))).toEqual({ kind: 'not_started' });
    const connection = await proxy.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
    expect(read.refreshes).toBe(1);
  });

  it.each(['http', 'socks5'])('gets the request of a read that was refreshed: %s', async (scheme) => {
    const proxy = await opened(startRawServer(({ socket }) => void socket.once('data', () => socket.end())));
    const read = new Read();
    read.isStale = true;
    const sender = loopbackSender({ proxy: routeOf(scheme, proxy) });
    expect(gist(await sender.send(post('http://127.0.0.1:9/', readOf(read))))).toBe('proxy_failed');
    expect((await proxy.connection(0)).received).not.toBe('');
  });

  const SOCKS_PASSWORD_REQUIRED = Buffer.from([5, 2]);
  const PASSWORD_MESSAGE = 1;

  /** A SOCKS5 proxy that asks for the password only after `pause`. */
  const startSlowSocks = (pause: () => Promise<unknown>) =>
    opened(
      startRawServer(({ socket }: Connection) => {
        socket.once('data', () => {
          void pause().then(() => socket.write(SOCKS_PASSWORD_REQUIRED));
        });
      }),
    );

  it('does not get the password if it asks for it only after the route has changed', async () => {
    const read = new Read();
    const proxy = await startSlowSocks(async () => read.change());
    const sender = loopbackSender({ proxy: routeOf('socks5', proxy) });
    expect(await sender.send(post('http://127.0.0.1:9/', readOf(read)))).toEqual({ kind: 'not_started' });
    const connection = await proxy.connection(0);
    await connection.closed;
    expect(connection.received).not.toContain('password');
  });

  it('gets the password however late it asks for it, since the read is refreshed meanwhile', async () => {
    const read = new Read();
    const isRefreshed = () => eventually(() => expect(read.refreshes).toBeGreaterThan(1));
    const proxy = await startSlowSocks(isRefreshed);
    const sender = loopbackSender({ proxy: routeOf('socks5', proxy) });
    const sent = sender.send(post('http://127.0.0.1:9/', readOf(read)));
    await isConnected(proxy);
    const connection = await proxy.connection(0);
    await eventually(() => expect(connection.received).toContain('password'));
    expect(connection.received.codePointAt(connection.received.indexOf('user') - 2)).toBe(PASSWORD_MESSAGE);
    connection.socket.destroy();
    expect(gist(await sent)).toBe('proxy_failed');
  });
});

describe('a client certificate', () => {
  const servers = createAuthority('Authority of receivers');
  const clients = createAuthority('Authority of clients');
  const { cert, key } = clients.issue('client');
  const profile = { key: 'own', tls: { ca: servers.ca, cert, key } };

  /** Starts a receiver that demands a client certificate. */
  const startDemanding = () => {
    const tls = {
      ...servers.issue('127.0.0.1'),
      ca: clients.ca,
      requestCert: true,
      rejectUnauthorized: true,
    };
    return opened<Receiver>(startReceiver({ tls }));
  };

  it('is not presented, nor a handshake begun, once it was replaced', async () => {
    const server = await opened(startRawServer());
    const read = new Read();
    read.change();
    const request = post(`https://127.0.0.1:${server.port}/`, { ...readOf(read), profile });
    expect(await loopbackSender().send(request)).toEqual({ kind: 'not_started' });
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });

  it.each([
    ['is not presented to a receiver that responds only after it was replaced', true, 'not_started'],
    ['is presented however late the receiver responds, since the read is refreshed meanwhile', false, '200'],
  ])('%s', async (_case, isReplaced, expected) => {
    const receiver = await startDemanding();
    const read = new Read();
    // What the receiver responds to the first message waits.
    const relay = await opened(
      startRawServer(async ({ socket, closed }) => {
        const upstream: Socket = connect(Number(new URL(receiver.url).port), '127.0.0.1');
        upstream.on('error', () => socket.destroy());
        socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
        socket.pipe(upstream);
        await once(upstream, 'readable');
        if (isReplaced) {
          read.change();
          await closed;
        } else {
          await eventually(() => expect(read.refreshes).toBeGreaterThan(1));
          upstream.pipe(socket);
        }
      }),
    );
    const request = post(`https://127.0.0.1:${relay.port}/`, { ...readOf(read), profile });
    expect(gist(await loopbackSender().send(request))).toBe(expected);
    expect(receiver.requests).toHaveLength(isReplaced ? 0 : 1);
  });
});

const readOf = ({ isFresh, refresh }: Read): ReadFreshness => ({ isFresh, refresh });

describe('a request without proxy and client certificate', () => {
  it('reads nothing again while its read is fresh', async () => {
    const server = await opened(startWebServer((_request, response) => response.end()));
    const read = new Read();
    expect(gist(await loopbackSender().send(post(server.url, readOf(read))))).toBe('200');
    expect(read.refreshes).toBe(0);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { type Server, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createServer, type TlsOptions } from 'node:tls';
import { type Authority, createAuthority, rsaKey, selfSigned } from '@posthorn/testkit';
import { costlyChain } from '@posthorn/testkit/hostile-certificates';
import { longExponentKey } from '@posthorn/testkit/hostile-keys';
import { HandshakeLimits } from '../src/handshake-limits.js';
import { OutboundError } from '../src/outbound-error.js';
import { listeningPort } from './support/listening-port.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';

const authority = createAuthority();
const { ca } = authority;
const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

const servers: Server[] = [];
afterEach(async () => {
  await closeSenders();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

/** Starts a server, and returns its URL and how many connections it has accepted. */
async function listen(server: Server): Promise<{ url: string; accepted: () => number }> {
  let count = 0;
  server.on('connection', (socket) => {
    count += 1;
    socket.on('error', () => {});
  });
  servers.push(server);
  return { url: `https://receiver.example:${await listeningPort(server)}/`, accepted: () => count };
}

const listenTls = (options: TlsOptions) =>
  listen(
    createServer(options, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );
    }).on('tlsClientError', () => {}),
  );

describe('a receiver with a chain that costs much to verify', () => {
  it('gets no other handshake for a while', async () => {
    const { url, accepted } = await listenTls(costlyChain('receiver.example', 60));
    const sender = loopbackSender({ ca, lookup });
    const first = await sender.send(post(url));
    // Node reports the last of the failures.
    expect(first).toMatchObject({
      code: 'tls_error',
      message: expect.stringContaining('CERT_SIGNATURE_FAILURE'),
    });
    for (let count = 0; count < 5; count += 1)
      expect(await sender.send(post(url))).toEqual({ ...first, durationMs: expect.any(Number) });
    expect(accepted()).toBe(1);
  });

  it('gets one after another if it sends no more than usual', async () => {
    const { url, accepted } = await listenTls(selfSigned('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    expect(gist(await sender.send(post(url)))).toBe('tls_untrusted');
    expect(gist(await sender.send(post(url)))).toBe('tls_untrusted');
    expect(accepted()).toBe(2);
  });

  it('does not delay others', async () => {
    const sender = loopbackSender({ ca, lookup });
    const costly = await listenTls(costlyChain('receiver.example', 60));
    const other = await listenTls(authority.issue('receiver.example'));
    await sender.send(post(costly.url));
    expect(gist(await sender.send(post(other.url)))).toBe('200');
  });
});

it('a trusted receiver that sends more than 16 KB in the handshake is refused', async () => {
  const { cert, key } = authority.issue('receiver.example');
  const { url } = await listenTls({ key, cert: cert + selfSigned('of no use').cert.repeat(60) });
  expect(await loopbackSender({ ca, lookup }).send(post(url))).toMatchObject({
    code: 'tls_error',
    message: expect.stringContaining('more than 16 KB'),
  });
});

/** Sends two requests to a receiver whose certificate is issued by the last of some authorities. The first is trusted. */
async function sendTo(issuers: readonly Authority[]) {
  const own = issuers.at(-1)?.issue('receiver.example');
  const { url } = await listenTls({
    key: own?.key,
    cert: [own?.cert, ...issuers.map((issuer) => issuer.ca).toReversed()].join(''),
  });
  const profile = { key: 'own', tls: { ca } };
  const sender = loopbackSender({ lookup });
  return [await sender.send(post(url, { profile })), await sender.send(post(url, { profile }))];
}

describe('a receiver with an authority of its own', () => {
  const refused = { code: 'tls_error', message: expect.stringContaining('takes too long to verify with') };

  it('is refused with a key that costs much to verify with', async () => {
    const outcomes = await sendTo([authority, authority.intermediate('Costly', longExponentKey())]);
    expect(outcomes).toMatchObject([refused, refused]);
  });

  it('may have 8 certificates, but not 9', async () => {
    const issuers = [authority];
    for (let length = 2; length < 9; length += 1)
      issuers.push((issuers.at(-1) ?? authority).intermediate(`Authority ${length}`));
    expect((await sendTo(issuers.slice(0, -1))).map(gist)).toEqual(['200', '200']);
    expect(await sendTo(issuers)).toMatchObject([refused, refused]);
  });
});

describe('a receiver that offers only', () => {
  const issued = authority.issue('receiver.example', undefined, rsaKey('receiver'));
  const only = (ciphers: string): TlsOptions => ({
    ...issued,
    ciphers,
    maxVersion: 'TLSv1.2',
    dhparam: 'auto',
  });

  it.each([
    ['DHE is refused: it would choose how long its numbers are', 'DHE-RSA-AES128-GCM-SHA256', 'tls_error'],
    ['ECDHE is used', 'ECDHE-RSA-AES128-GCM-SHA256', '200'],
  ])('%s', async (_name, ciphers, expected) => {
    const { url } = await listenTls(only(ciphers));
    expect(gist(await loopbackSender({ ca, lookup }).send(post(url)))).toBe(expected);
  });
});

/** Returns a connection, and sets how many bytes were received on it. */
function scriptedSocket(): { socket: Socket; receive(bytes: number): void } {
  const socket = new Socket();
  let received = 0;
  Object.defineProperty(socket, 'bytesRead', { get: () => received });
  return { socket, receive: (bytes) => void (received += bytes) };
}

const mayStart = (limits: HandshakeLimits, origin = 'a'): boolean => {
  try {
    limits.assertMayStart(origin);
    return true;
  } catch {
    return false;
  }
};

describe('handshakes with an origin', () => {
  const deadline = performance.now() + 3_600_000;

  /** Makes a handshake fail after the receiver has sent some bytes. */
  async function fail(limits: HandshakeLimits, bytes: number): Promise<void> {
    const { socket, receive } = scriptedSocket();
    const failed = limits.run({ origin: 'a', socket, deadline }, async () => {
      receive(bytes);
      throw new OutboundError('tls_expired', 'Expired');
    });
    await expect(failed).rejects.toThrow('Expired');
    expect(socket.destroyed).toBe(true);
  }

  it('pause for 0.2 ms per byte after a failure, those with others do not', async () => {
    let now = 1000;
    const limits = new HandshakeLimits({ now: () => now });
    await fail(limits, 10_000);
    now += 1999;
    expect([mayStart(limits), mayStart(limits, 'b')]).toEqual([false, true]);
    now += 2;
    expect(mayStart(limits)).toBe(true);
  });

  it('do not pause if the receiver has sent as much as usual', async () => {
    const limits = new HandshakeLimits();
    await fail(limits, 6144);
    expect(mayStart(limits)).toBe(true);
  });

  it('are at most 16 at a time', async () => {
    const limits = new HandshakeLimits();
    const begun: Socket[] = [];
    const ends = new EventEmitter().setMaxListeners(0);
    const runs = Array.from({ length: 40 }, () => {
      const { socket } = scriptedSocket();
      return limits.run({ origin: 'a', socket, deadline }, async () => {
        begun.push(socket);
        await once(ends, 'end');
        return socket;
      });
    });
    await setImmediate();
    expect(begun).toHaveLength(16);
    ends.emit('end');
    await setImmediate();
    expect(begun).toHaveLength(32);
    ends.emit('end');
    await setImmediate();
    ends.emit('end');
    expect(await Promise.all(runs)).toHaveLength(40);
  });

  it('end with the first that fails, whether they have begun or not, and their pauses follow each other', async () => {
    let now = 1000;
    const limits = new HandshakeLimits({ now: () => now });
    const sockets = Array.from({ length: 40 }, scriptedSocket);
    const runs = sockets.map(({ socket, receive }, index) =>
      limits.run({ origin: 'a', socket, deadline }, async () => {
        receive(10_000);
        if (index !== 3) await once(socket, 'close');
        throw new OutboundError('tls_expired', `Expired ${index}`);
      }),
    );
    const reasons = (await Promise.allSettled(runs)).map(
      (result) => result.status === 'rejected' && String(result.reason),
    );
    expect(new Set(reasons)).toEqual(new Set(['OutboundError: Expired 3']));
    expect(sockets.every(({ socket }) => socket.destroyed)).toBe(true);
    now += 16 * 2000 - 1;
    expect(mayStart(limits)).toBe(false);
    now += 2;
    expect(mayStart(limits)).toBe(true);
  });
});

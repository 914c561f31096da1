// Malicious and broken receivers: time and memory are bounded, and every outcome has a clear message.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ClientRequest } from 'node:http';
import { decide, type SentOutcome } from '@posthorn/core';
import { gzipSync } from 'node:zlib';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type Connection, type RawServer } from './support/raw-server.js';

const MB = 1_000_000;

let servers: RawServer[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function raw(onConnection: (connection: Connection, index: number) => void | Promise<void>) {
  const server = await startRawServer(onConnection);
  servers.push(server);
  return { ...server, url: `http://127.0.0.1:${server.port}/` };
}

/** Starts a receiver that responds to each request with these bytes and leaves the connection open. */
const responding = (...pieces: (string | Buffer)[]) =>
  raw(async ({ socket, requests, closed }) => {
    for (let count = 1; !socket.destroyed; count += 1) {
      await Promise.race([requests(count), closed]);
      for (const piece of pieces) socket.write(piece);
    }
  });

/** Writes `piece` until `bytes` bytes are written or the connection is closed. */
function flood({ socket }: Connection, piece: Buffer, bytes: number): void {
  const more = (): void => {
    while (!socket.destroyed && socket.bytesWritten < bytes && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Returns the peak memory growth of the process during `work`, in bytes. */
async function memoryGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = used();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, used());
  }, 5);
  await work();
  clearInterval(timer);
  return Math.max(peak, used()) - before;
}

/** Sends these bytes after a request and closes the connection. */
function afterRequest(bytes: string) {
  return async ({ socket, requests }: Connection) => {
    await requests(1);
    socket.end(bytes);
  };
}

/** Checks that an outcome did not come only at the timeout of the request. */
function expectEarly(outcome: unknown): void {
  expect(outcome).toMatchObject({ durationMs: expect.any(Number) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked right above
  expect((outcome as { durationMs: number }).durationMs).toBeLessThan(20_000);
}

type FloodRow = [name: string, head: string, piece: Buffer, expected: object];

describe('a receiver that sends too much', () => {
  it.each<FloodRow>([
    [
      'a body of 1 GB',
      'HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n',
      Buffer.alloc(65_536, 'x'),
      { status: 200, body: 'x'.repeat(1024) },
    ],
    [
      'chunks without end',
      'HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n',
      Buffer.from(`400\r\n${'x'.repeat(1024)}\r\n`),
      { status: 500, body: 'x'.repeat(1024) },
    ],
    [
      'chunks of one byte without end',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      Buffer.from('1\r\nx\r\n'.repeat(10_000)),
      { status: 200, body: 'x'.repeat(1024) },
    ],
    [
      'a chunk extension without end',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;',
      Buffer.alloc(65_536, 'x'),
      { status: 200, body: '' },
    ],
    [
      'trailers without end',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n',
      Buffer.from(`x-filler: ${'y'.repeat(1000)}\r\n`),
      { status: 200, body: '' },
    ],
    [
      'headers without end',
      'HTTP/1.1 200 OK\r\n',
      Buffer.from(`x-filler: ${'y'.repeat(1000)}\r\n`),
      { code: 'invalid_response', message: 'The response headers are larger than 16 KB' },
    ],
    [
      'one header without end',
      'HTTP/1.1 200 OK\r\nx-filler: ',
      Buffer.alloc(65_536, 'y'),
      { code: 'invalid_response', message: 'The response headers are larger than 16 KB' },
    ],
    [
      'a status line without end',
      'HTTP/1.1 200 ',
      Buffer.alloc(65_536, 'O'),
      { code: 'invalid_response', message: 'The response headers are larger than 16 KB' },
    ],
    ...['100 Continue', '102 Processing', '103 Early Hints'].map((interim): FloodRow => [
      `${interim} without end`,
      '',
      Buffer.from(`HTTP/1.1 ${interim}\r\n\r\n`.repeat(2000)),
      { code: 'invalid_response', message: 'The receiver sent too many interim responses (1xx)' },
    ]),
    [
      'garbage without end',
      '',
      Buffer.alloc(65_536, 0xff),
      { code: 'invalid_response', message: expect.stringContaining('not valid HTTP') },
    ],
  ])('%s: the connection is closed early', async (_name, head, piece, expected) => {
    const server = await raw(async (connection) => {
      await connection.requests(1);
      connection.socket.write(head);
      flood(connection, piece, 1000 * MB);
    });
    let outcome: unknown;
    const growth = await memoryGrowth(async () => {
      outcome = await loopbackSender().send(post(server.url));
      await server.connections[0]?.closed;
    });
    expect(outcome).toMatchObject(expected);
    expectEarly(outcome);
    // Only the buffers of the two sockets were filled.
    expect(server.connections[0]?.socket.bytesWritten).toBeLessThan(16 * MB);
    expect(growth).toBeLessThan(40 * MB);
  });

  it('of interim responses that arrive together, few are parsed', async () => {
    const parsed = jest.spyOn(ClientRequest.prototype, 'emit');
    const server = await responding('HTTP/1.1 100 Continue\r\n\r\n'.repeat(2600));
    expect(gist(await loopbackSender().send(post(server.url)))).toBe('invalid_response');
    const count = parsed.mock.calls.filter(([event]) => event === 'information').length;
    parsed.mockRestore();
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(400);
  });

  it('a gzip bomb is never decompressed', async () => {
    const member = gzipSync(Buffer.alloc(10 * MB));
    const bomb = Buffer.concat(Array.from({ length: 100 }, () => member));
    const server = await responding(
      `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
      bomb,
    );
    let outcome: unknown;
    const growth = await memoryGrowth(async () => {
      outcome = await loopbackSender().send(post(server.url));
    });
    expect(outcome).toMatchObject({ status: 200, body: expect.stringContaining('\x1f\ufffd') });
    expect(growth).toBeLessThan(40 * MB);
  });

  it('100 concurrent floods need no more memory than their buffers', async () => {
    const piece = Buffer.alloc(65_536, 'x');
    const requested: Connection[] = [];
    const server = await raw(async (connection) => {
      await connection.requests(1);
      // All of them begin when the last connection is open: a flood delays the opening of others.
      if (requested.push(connection) < 100) return;
      for (const each of requested) {
        each.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
        flood(each, piece, 1000 * MB);
      }
    });
    const sender = loopbackSender();
    const growth = await memoryGrowth(async () => {
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => sender.send(post(server.url))));
      expect(new Set(outcomes.map(gist))).toEqual(new Set(['200']));
    });
    expect(growth).toBeLessThan(150 * MB);
  });
});

/** Returns the outcome of a request to a receiver that sends `head`, and then `drop` again and again. */
async function sendToSlow([head, drop]: [string, string]): Promise<string> {
  const server = await raw(async ({ socket, requests, closed }) => {
    await requests(1);
    socket.write(head);
    const timer = setInterval(() => socket.write(drop), 50);
    void closed.then(() => clearInterval(timer));
  });
  const outcome = await loopbackSender().send(post(server.url, { timeoutMs: 2000 }));
  // Node's timers count from the start of the turn in which they are set, so on a busy machine they fire milliseconds early.
  expect(outcome.kind !== 'not_started' && outcome.durationMs).toBeGreaterThanOrEqual(1900);
  await server.connections[0]?.closed;
  return gist(outcome);
}

describe('a receiver that is too slow', () => {
  const SLOW: [name: string, pieces: [string, string], expected: string][] = [
    ['its status line', ['HTTP/1.1 200 ', 'O'], 'timeout'],
    ['its headers', ['HTTP/1.1 200 OK\r\nx-a: ', 'a'], 'timeout'],
    ['interim responses', ['HTTP/1.1 102 Processing\r\nx-a: ', 'a'], 'timeout'],
    ['its body', ['HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n', 'a'], '200'],
    ['a chunk', ['HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n400\r\n', 'a'], '503'],
  ];

  // All at the same time, because each takes as long as its timeout.
  it(`is cut off at the timeout if it sends byte by byte: ${SLOW.map(([name]) => name).join(', ')}`, async () => {
    const outcomes = await Promise.all(
      SLOW.map(async ([name, pieces]) => [name, await sendToSlow(pieces)] as const),
    );
    expect(outcomes).toEqual(SLOW.map(([name, , expected]) => [name, expected]));
  });

  it('times out if it never reads a large request', async () => {
    const server = await raw(({ socket }) => void socket.pause());
    let outcome: unknown;
    const growth = await memoryGrowth(async () => {
      outcome = await loopbackSender().send(post(server.url, { body: 'x'.repeat(MB), timeoutMs: 1000 }));
    });
    expect(outcome).toMatchObject({ code: 'timeout', message: 'The receiver did not respond in time' });
    expect(growth).toBeLessThan(20 * MB);
    server.connections[0]?.socket.resume();
    await server.connections[0]?.closed;
  });
});

describe('a receiver that closes the connection', () => {
  const reset = 'The receiver closed the connection before it responded';

  it.each<[when: string, act: (connection: Connection) => void | Promise<void>, expected: object]>([
    ['on connect', ({ socket }) => void socket.destroy(), { message: reset }],
    ['on connect, with a reset', ({ socket }) => void socket.resetAndDestroy(), { message: reset }],
    ['after the request', afterRequest(''), { message: reset }],
    ['in the status line', afterRequest('HTTP/1.1 2'), { message: reset }],
    ['after the status line', afterRequest('HTTP/1.1 200 OK\r\n'), { message: reset }],
    ['in the headers', afterRequest('HTTP/1.1 200 OK\r\ncontent-le'), { message: reset }],
    ['after an interim response', afterRequest('HTTP/1.1 103 Hints\r\n\r\n'), { message: reset }],
    [
      'after the headers',
      afterRequest('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n'),
      { status: 200, body: '' },
    ],
    [
      'in the body',
      afterRequest('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nok'),
      { status: 200, body: 'ok' },
    ],
    [
      'in a chunk',
      afterRequest('HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n4\r\nno'),
      { status: 503, body: 'no' },
    ],
    ['after the body', afterRequest(rawResponse(202, 'done')), { status: 202, body: 'done' }],
  ])('%s', async (_when, act, expected) => {
    const server = await raw(act);
    const outcome = await loopbackSender().send(post(server.url));
    expect(outcome).toMatchObject(
      'message' in expected ? { code: 'connection_reset', ...expected } : expected,
    );
    expect(server.connections).toHaveLength(1);
  });
});

describe('a malformed response', () => {
  const INVALID = { code: 'invalid_response', message: expect.stringContaining('not valid HTTP') };

  it.each<[name: string, bytes: string, expected: object]>([
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nok', { status: 200, body: 'ok' }],
    [
      'HTTP/1.0 with keep-alive',
      'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
      { status: 200, body: 'ok' },
    ],
    ['HTTP/0.9', 'ok', INVALID],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n', INVALID],
    ['HTTP/3.7', 'HTTP/3.7 200 OK\r\n\r\n', INVALID],
    ['an HTTP/2 frame', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64', INVALID],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.6\r\n', INVALID],
    ['an SMTP greeting', '220 mail.example ESMTP\r\n', INVALID],
    ['a request', 'POST / HTTP/1.1\r\nhost: posthorn\r\n\r\n', INVALID],
    ['a TLS alert', '\x15\x03\x01\0\x02\x02\x28', INVALID],
    ['zeros', '\0'.repeat(100), INVALID],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n', INVALID],
    ['a status of letters', 'HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n', INVALID],
    ['a status outside all classes', 'HTTP/1.1 999 No\r\ncontent-length: 0\r\n\r\n', { status: 999 }],
    ['204 with a body', 'HTTP/1.1 204 None\r\ncontent-length: 2\r\n\r\nok', { status: 204, body: '' }],
    [
      '204 in chunks',
      'HTTP/1.1 204 None\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      { status: 204 },
    ],
    ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', { status: 304, body: '' }],
    ['304 with a body', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nok', { status: 304 }],
    [
      'unrequested 101',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      { code: 'invalid_response', message: 'The receiver tried to switch to another protocol' },
    ],
    [
      'a body longer than its length',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more',
      { status: 200 },
    ],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', INVALID],
    ['a length of letters', 'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n', INVALID],
    [
      'a length beyond 64 bits',
      'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n',
      INVALID,
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', INVALID],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      INVALID,
    ],
    [
      'chunks without a size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      { status: 200, body: '' },
    ],
    [
      'a chunk beyond 64 bits',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
      { status: 200, body: '' },
    ],
    ['a header with a NUL', 'HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n', INVALID],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n', INVALID],
    ['a folded header', 'HTTP/1.1 200 OK\r\nx-a: a\r\n b\r\ncontent-length: 0\r\n\r\n', INVALID],
    ['bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', INVALID],
  ])('%s', async (_name, bytes, expected) => {
    const server = await raw(async ({ socket, requests }) => {
      await requests(1);
      socket.end(Buffer.from(bytes, 'latin1'));
    });
    const outcome = await loopbackSender().send(post(server.url));
    expect(outcome).toMatchObject(expected);
    expectEarly(outcome);
    expect(server.connections).toHaveLength(1);
    // The receiver may be repaired later: only success and 410 settle a delivery.
    const context = {
      attempt: 1,
      unscheduledAttempts: 0,
      retrySchedule: [5],
      blocking: null,
      isTokenRenewed: false,
      now: new Date(),
      random: () => 0.5,
    };
    const ok = 'status' in expected && String(expected.status).startsWith('2');
    expect(decide(outcome as SentOutcome, context).kind).toBe(ok ? 'succeeded' : 'retry');
  });
});

describe('an unsolicited response', () => {
  const second = rawResponse(500, 'unsolicited');

  it('is not used for the next request if it arrives with the previous response', async () => {
    const server = await raw(async ({ socket, requests }, index) => {
      await requests(1);
      socket.write(rawResponse(200, 'first') + (index === 0 ? second.repeat(50) : ''));
    });
    const sender = loopbackSender();
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'first' });
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'first' });
    expect(server.connections).toHaveLength(2);
  });

  it.each([
    ['a response', second],
    ['a 408 for an idle connection', 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'],
    ['the body of a 204', 'ok'],
    ['garbage', '\0\xff'],
  ])('is not used for the next request if it arrives on an idle connection: %s', async (_name, bytes) => {
    const server = await raw(async ({ socket, requests }) => {
      await requests(1);
      socket.write(rawResponse(200, 'first'));
    });
    const sender = loopbackSender();
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    const idle = await server.connection(0);
    idle.socket.write(Buffer.from(bytes, 'latin1'));
    await idle.closed;
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'first' });
    expect(server.connections).toHaveLength(2);
    expect(idle.received.split('POST ')).toHaveLength(2);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { closeSenders, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type RawServer } from './support/raw-server.js';
import { startWebServer, type WebServer } from './support/web-server.js';

let servers: (WebServer | RawServer)[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function web(respond: RequestListener): Promise<WebServer> {
  const server = await startWebServer(respond);
  servers.push(server);
  return server;
}

function firstRequest({ requests }: WebServer): WebServer['requests'][number] {
  const [first] = requests;
  if (!first) throw new Error('No request was received');
  return first;
}

describe('Sender.send', () => {
  it('returns status, body, Retry-After and duration of a response', async () => {
    const server = await web((_request, response) => {
      response.writeHead(503, { 'retry-after': '120' }).end('later');
    });
    const outcome = await loopbackSender().send(post(server.url));
    expect(outcome).toEqual({
      kind: 'response',
      status: 503,
      body: 'later',
      headers: expect.objectContaining({ 'retry-after': '120' }),
      retryAfter: '120',
      durationMs: expect.any(Number),
    });
  });

  it('returns the headers of a response that is not 2xx, without secrets', async () => {
    const server = await web((_request, response) => {
      response.writeHead(500, { 'X-Request-Id': 'r-1', 'Set-Cookie': ['a=secret', 'b=secret'] }).end();
    });
    const outcome = await loopbackSender().send(post(server.url));
    expect(outcome).toMatchObject({
      headers: { 'x-request-id': 'r-1', 'set-cookie': '[redacted], [redacted]' },
    });
    const accepting = await web((_request, response) => response.writeHead(204, { 'x-a': 'b' }).end());
    expect(await loopbackSender().send(post(accepting.url))).toMatchObject({ status: 204, headers: null });
  });

  it('sends exactly the given request', async () => {
    const server = await web((_request, response) => response.end());
    const headers = { 'X-Own': 'yes', 'webhook-id': 'evt_1', 'user-agent': 'mine' };
    const sent = post(`${server.url}?a=b%20c#gone`, { headers, body: '{"text":"ü"}' });
    expect(await loopbackSender().send(sent)).toMatchObject({ status: 200, body: '', retryAfter: null });
    const { request, body } = firstRequest(server);
    expect(request.method).toBe('POST');
    expect(request.url).toBe('/hook?a=b%20c');
    expect(body).toBe('{"text":"ü"}');
    expect(request.headers).toEqual({
      'x-own': 'yes',
      'webhook-id': 'evt_1',
      'user-agent': 'mine',
      accept: '*/*',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'content-length': '13',
      host: new URL(server.url).host,
      connection: 'keep-alive',
    });
  });

  it('sends a user agent with the version of Posthorn', async () => {
    const server = await web((_request, response) => response.end());
    await loopbackSender().send(post(server.url));
    expect(firstRequest(server).request.headers['user-agent']).toMatch(/^Posthorn\/\d+\.\d+\.\d+/);
  });

  it('ignores custom headers that control framing', async () => {
    const server = await web((_request, response) => response.end());
    const headers = {
      Host: 'elsewhere',
      'Content-Length': '1',
      'Transfer-Encoding': 'chunked',
      Connection: 'close',
      Expect: '100-continue',
      Upgrade: 'h2c',
    };
    await loopbackSender().send(post(server.url, { headers, body: '{"a":1}' }));
    const seen = firstRequest(server);
    expect(seen.body).toBe('{"a":1}');
    expect(seen.request.headers).toMatchObject({ host: new URL(server.url).host, 'content-length': '7' });
    expect(seen.request.headers).not.toHaveProperty('expect');
    expect(seen.request.headers).not.toHaveProperty('transfer-encoding');
  });

  it('truncates the body to 1 KB, without NULs and without an incomplete character', async () => {
    const server = await web((_request, response) => response.end(`a\0b\xff${'ü'.repeat(2000)}`));
    const outcome = await loopbackSender().send(post(server.url));
    const body = outcome.kind === 'response' ? outcome.body : '';
    expect(body.startsWith('abÿü')).toBe(true);
    // 1024 bytes: a, NUL, b, ÿ (2 bytes), 509 ü, and the first byte of another ü.
    expect(body).toBe(`abÿ${'ü'.repeat(509)}`);
  });

  it('decodes a body that is not UTF-8', async () => {
    const server = await web((_request, response) => response.end(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0])));
    expect(await loopbackSender().send(post(server.url))).toMatchObject({ body: 'a\ufffd\ufffd(' });
  });

  it('closes the connection if the response arrives before the request is read', async () => {
    const server = await startRawServer(({ socket }) => {
      socket.pause();
      socket.write(rawResponse(413, 'too large'));
    });
    servers.push(server);
    const large = post(`http://127.0.0.1:${server.port}/`, { body: 'x'.repeat(20_000_000) });
    expect(await loopbackSender().send(large)).toMatchObject({ status: 413, body: 'too large' });
    server.connections[0]?.socket.resume();
    await server.connections[0]?.closed;
  });

  it('does not follow redirects', async () => {
    const server = await web((_request, response) =>
      response.writeHead(302, { location: '/other' }).end('moved'),
    );
    expect(await loopbackSender().send(post(server.url))).toMatchObject({ status: 302, body: 'moved' });
    expect(server.requests).toHaveLength(1);
  });
});

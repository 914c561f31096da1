// Real requests to a server with temporary and permanent failures.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Receiver, type ReceiverResponse, startReceiver } from '@posthorn/testkit';
import { Posthorn, PosthornError, type PosthornOptions } from '../src/index.js';

const GOOD: ReceiverResponse = {
  status: 202,
  headers: json('json'),
  body: '{"id":"evt_1","deliveries":0,"duplicate":false}',
};
const EVENT = { type: 'invoice.paid', data: {} };

let server: Receiver;

beforeEach(async () => {
  server = await startReceiver();
});

afterEach(async () => {
  await server.close();
});

function json(kind: string): Record<string, string> {
  return { 'content-type': `application/${kind}` };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): ReceiverResponse {
  const body = JSON.stringify({
    type: 'about:blank',
    title: `title of ${code}`,
    status,
    code,
    requestId: 'r1',
  });
  return { status, headers: { ...json('problem+json'), ...headers }, body };
}

/** Responds with the given responses in order, then repeats the last one. */
function respondWith(...responses: ReceiverResponse[]): void {
  server.handle(() => (responses.length > 1 ? responses.shift() : responses[0]) ?? GOOD);
}

const client = (options: Partial<PosthornOptions> = {}) =>
  new Posthorn({ apiKey: 'phk_1', baseUrl: server.url, ...options });

const keys = () => server.requests.map(({ headers }) => headers['idempotency-key']);

describe('a temporary failure', () => {
  it.each<[string, ReceiverResponse]>([
    ['a reset connection', 'reset'],
    ['429', problem(429, 'too_many_requests', { 'retry-after': '0' })],
    ["a proxy's 502", { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>' }],
    ['503', problem(503, 'unavailable')],
    ['504', { status: 504 }],
    ['a first request still in progress', problem(409, 'idempotency_in_progress')],
  ])('%s: repeats the POST with the same key', async (_name, failure) => {
    respondWith(failure, failure, GOOD);
    expect(await client().events.publish(EVENT)).toEqual({ id: 'evt_1', deliveries: 0, duplicate: false });
    expect(server.requests.map(({ body }) => body)).toEqual(Array(3).fill(JSON.stringify(EVENT)));
    expect(keys()).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)));
    expect(new Set(keys()).size).toBe(1);
  });

  it('retries a truncated response', async () => {
    const { url, close, count } = await startTruncatingServer();
    await expect(client({ baseUrl: url, maxRetries: 1 }).stats.get()).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(count()).toBe(2);
    await close();
  });

  it('waits for Retry-After in seconds', async () => {
    respondWith(problem(503, 'unavailable', { 'retry-after': '1' }), GOOD);
    await client().events.publish(EVENT);
    expect(delaysMs()[0]).toBeGreaterThan(950);
  });

  it('waits for Retry-After as a date', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    respondWith(problem(429, 'too_many_requests', { 'retry-after': date }), GOOD);
    await client().events.publish(EVENT);
    // Dates have a resolution of one second.
    expect(server.requests[1]?.at).toBeGreaterThanOrEqual(Date.parse(date));
  });

  it('backs off exponentially', async () => {
    respondWith({ status: 502 }, { status: 502 }, { status: 502 }, GOOD);
    await client().events.publish(EVENT);
    const [first = 0, , third = 0] = delaysMs();
    expect(first).toBeGreaterThanOrEqual(120);
    // At least half of four times the maximum first delay.
    expect(third).toBeGreaterThanOrEqual(490);
  });
});

function delaysMs(): number[] {
  return server.requests.slice(1).map(({ at }, index) => at - (server.requests[index]?.at ?? 0));
}

describe('stops retrying', () => {
  it('after maxRetries, with the last response', async () => {
    respondWith(problem(503, 'unavailable', { 'retry-after': '0' }));
    const expected = { status: 503, code: 'unavailable', requestId: 'r1', message: 'title of unavailable' };
    await expect(client({ maxRetries: 2 }).webhooks.get('wh_1')).rejects.toMatchObject(expected);
    expect(server.requests).toHaveLength(3);
  });

  it('at once if Retry-After exceeds the timeout', async () => {
    respondWith(problem(503, 'unavailable', { 'retry-after': '61' }));
    await expect(client().webhooks.get('wh_1')).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  it('after timeoutMs without a response', async () => {
    respondWith('hang');
    const startedAt = performance.now();
    const expected = { code: 'timeout', status: undefined };
    await expect(client({ timeoutMs: 300 }).webhooks.get('wh_1')).rejects.toMatchObject(expected);
    // Each request has 30 s.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('when the connection fails, and keeps the cause', async () => {
    await server.close();
    const error = await client({ maxRetries: 1 })
      .webhooks.get('wh_1')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PosthornError);
    expect(error).toMatchObject({ code: 'unreachable', status: undefined });
    expect((error as PosthornError).cause).toHaveProperty('message', 'fetch failed');
  });

  it.each<[string, ReceiverResponse]>([
    ['the request', 'hang'],
    ['the delay', problem(503, 'unavailable', { 'retry-after': '30' })],
  ])('during %s when the signal aborts', async (_name, answer) => {
    respondWith(answer);
    const stop = new AbortController();
    const call = client().webhooks.get('wh_1', { signal: stop.signal });
    await server.waitFor(1);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('before the first request if the signal is already aborted', async () => {
    const call = client().webhooks.get('wh_1', { signal: AbortSignal.abort(new Error('enough')) });
    await expect(call).rejects.toThrow('enough');
    expect(server.requests).toEqual([]);
  });
});

it('takes options with and without an optional input', async () => {
  respondWith(GOOD);
  const options = { idempotencyKey: 'mine', signal: new AbortController().signal };
  await client().webhooks.suspend('wh_1', options);
  await client().webhooks.suspend('wh_1', { reason: 'a pause' }, options);
  await client().events.replay('evt_1', options);
  await client().webhooks.rotateSecret('wh_1', {}, options);
  // Not the options, although it has none of their names: the API requires a body.
  await client().webhooks.rotateSecret('wh_1', {});
  expect(server.requests.map(({ body }) => body)).toEqual(['', '{"reason":"a pause"}', '', '{}', '{}']);
  expect(keys().slice(0, -1)).toEqual(['mine', 'mine', 'mine', 'mine']);
});

describe('does not retry', () => {
  it.each([
    [422, 'invalid_input'],
    [409, 'invalid_state'],
    [404, 'not_found'],
    [500, 'internal_error'],
  ])('%i %s', async (status, code) => {
    respondWith(problem(status, code));
    await expect(client().events.publish(EVENT)).rejects.toMatchObject({ status, code });
    expect(server.requests).toHaveLength(1);
  });
});

it("sends the caller's key, or else a new key per call", async () => {
  respondWith(GOOD);
  await client().events.publish(EVENT, { idempotencyKey: 'mine' });
  await client().events.publish(EVENT);
  await client().events.publish(EVENT);
  expect(keys()[0]).toBe('mine');
  expect(new Set(keys()).size).toBe(3);
});

it('sends no other key for an event that has its own, also when it is published by path', async () => {
  respondWith(problem(503, 'unavailable', { 'retry-after': '0' }), GOOD);
  const event = { ...EVENT, idempotencyKey: 'invoice-1' };
  await client().events.publish(event);
  await client().client.POST('/v1/events', { body: event });
  expect(keys()).toEqual([undefined, undefined, undefined]);
  await client().events.publish({ ...event, idempotencyKey: null });
  expect(keys()[3]).toEqual(expect.any(String));
});

it('reports the status of a response that is not from the API', async () => {
  respondWith({ status: 403, headers: { 'x-request-id': 'of-a-proxy' }, body: '<h1>Forbidden</h1>' });
  const expected = {
    status: 403,
    code: 'unexpected_response',
    requestId: 'of-a-proxy',
    errors: [],
    body: '<h1>Forbidden</h1>',
  };
  await expect(client().webhooks.get('wh_1')).rejects.toMatchObject(expected);
});

describe('a successful response that is not from the API', () => {
  const html = `<!doctype html><title>Sign in</title>${' '.repeat(500)}`;

  it.each([
    ['a page', { headers: { 'content-type': 'text/html' }, body: html }],
    ['a page that claims to be JSON', { headers: json('json'), body: html }],
    ['a truncated document', { headers: json('json'), body: '{"id":"evt' }],
    ['a text', { headers: json('json'), body: '"OK"' }],
    ['null', { headers: json('json'), body: 'null' }],
    ['nothing', { headers: json('json'), body: '' }],
  ])('is an error: %s', async (_name, { headers, body }) => {
    respondWith({ status: 200, headers: { ...headers, 'x-request-id': 'of-a-proxy' }, body });
    const expected = {
      name: 'PosthornError',
      code: 'unexpected_response',
      status: 200,
      requestId: 'of-a-proxy',
      body: body.slice(0, 200),
    };
    await expect(client().events.publish(EVENT)).rejects.toMatchObject(expected);
    await expect(client().client.GET('/v1/overview')).rejects.toMatchObject(expected);
    expect(server.requests).toHaveLength(2);
  });

  it('is an error in a list', async () => {
    respondWith({ status: 200, headers: json('json'), body: '{"ok":true}' });
    const expected = { code: 'unexpected_response', status: 200, body: '{"ok":true}' };
    const pages = client().webhooks.list().pages();
    await expect(pages.next()).rejects.toMatchObject(expected);
  });

  it('has a message with the status and the start of the body', async () => {
    respondWith({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' });
    await expect(client().webhooks.get('wh_1')).rejects.toThrow(
      'The response with status 200 is not from the API: <h1>Sign in</h1>',
    );
  });

  it('is accepted if the caller reads it as text', async () => {
    respondWith({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>' });
    const { data } = await client().client.GET('/docs', { parseAs: 'text' });
    expect(data).toBe('<h1>');
  });
});

it.each(['null', '"text"', '{"errors":[]}', '{"code":"gone","errors":"none"}'])(
  'reports the status of a failure with the invalid problem document %s',
  async (body) => {
    respondWith({ status: 400, headers: json('problem+json'), body });
    const expected = { status: 400, code: 'unexpected_response', body };
    await expect(client().webhooks.get('wh_1')).rejects.toMatchObject(expected);
  },
);

it.each(['', 'Zoë — 1', 'a\nb', 'k'.repeat(256)])(
  'rejects the idempotency key "%s"',
  async (idempotencyKey) => {
    await expect(client().events.publish(EVENT, { idempotencyKey })).rejects.toThrow(
      /^Invalid idempotencyKey/,
    );
    expect(server.requests).toEqual([]);
  },
);

it.each([{ apiKey: '' }, { baseUrl: 'localhost:8080' }, { baseUrl: '' }])('rejects %j', (wrong) => {
  expect(() => client(wrong)).toThrow(TypeError);
});

it.each(['', '.', '..'])('rejects an id that would change the path: "%s"', async (id) => {
  const { webhooks, tenants, client: paths } = client();
  const path = { id };
  for (const call of [
    webhooks.delete(id),
    webhooks.endSecret('ext:hook-1', id),
    webhooks.secrets(id).pages().next(),
    tenants.export(id).next(),
    paths.GET('/v1/events/{id}', { params: { path } }),
    paths.DELETE('/v1/webhooks/{id}', { params: { path } }),
  ])
    await expect(call).rejects.toThrow(TypeError);
  expect(server.requests).toEqual([]);
});

it('accepts external ids of dots, which do not change the path', async () => {
  respondWith(GOOD);
  for (const id of ['ext:.', 'ext:..', 'ext:../..']) await client().webhooks.get(id);
  expect(server.requests.map(({ path: requested }) => requested)).toEqual([
    '/v1/webhooks/ext%3A.',
    '/v1/webhooks/ext%3A..',
    '/v1/webhooks/ext%3A..%2F..',
  ]);
});

/** Starts a server that sends less than its content-length. */
async function startTruncatingServer() {
  let connections = 0;
  const listener = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"webhooks":'));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => connections,
    close: async () => {
      listener.close();
      await once(listener, 'close');
    },
  };
}

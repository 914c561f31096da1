// Real requests to a server that fails in each of the ways that pass, and in those that do not.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, type Receiver, startReceiver } from '@posthorn/testkit';
import { Posthorn, PosthornError, type PosthornOptions } from '../src/index.js';

const GOOD: Answer = { status: 202, headers: json('json'), body: '{"id":"evt_1","deliveries":0}' };
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

function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const body = JSON.stringify({
    type: 'about:blank',
    title: `title of ${code}`,
    status,
    code,
    requestId: 'r1',
  });
  return { status, headers: { ...json('problem+json'), ...headers }, body };
}

/** The given answers one after the other, the last for ever. */
function answerWith(...answers: Answer[]): void {
  server.handle(() => (answers.length > 1 ? answers.shift() : answers[0]) ?? GOOD);
}

const client = (options: Partial<PosthornOptions> = {}) =>
  new Posthorn({ apiKey: 'phk_1', baseUrl: server.url, ...options });

const keys = () => server.requests.map(({ headers }) => headers['idempotency-key']);

describe('a failure that passes', () => {
  it.each<[string, Answer]>([
    ['a connection that is cut', 'reset'],
    ['429', problem(429, 'too_many_requests', { 'retry-after': '0' })],
    ['502 of a proxy', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>' }],
    ['503', problem(503, 'unavailable')],
    ['504', { status: 504 }],
    ['a first request that still runs', problem(409, 'idempotency_in_progress')],
  ])('%s: the same POST again, with the same key', async (_name, failure) => {
    answerWith(failure, failure, GOOD);
    expect(await client().events.publish(EVENT)).toEqual({ id: 'evt_1', deliveries: 0 });
    expect(server.requests.map(({ body }) => body)).toEqual(Array(3).fill(JSON.stringify(EVENT)));
    expect(keys()).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)));
    expect(new Set(keys()).size).toBe(1);
  });

  it('an answer that ends in the middle', async () => {
    const { url, close, count } = await cutsAnswers();
    await expect(client({ baseUrl: url, maxRetries: 1 }).stats.get()).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(count()).toBe(2);
    await close();
  });

  it('is waited for as Retry-After says, in seconds', async () => {
    answerWith(problem(503, 'unavailable', { 'retry-after': '1' }), GOOD);
    await client().events.publish(EVENT);
    expect(pausesMs()[0]).toBeGreaterThan(950);
  });

  it('is waited for as Retry-After says, as a date', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    answerWith(problem(429, 'too_many_requests', { 'retry-after': date }), GOOD);
    await client().events.publish(EVENT);
    // A date has no more than seconds.
    expect(server.requests[1]?.at).toBeGreaterThanOrEqual(Date.parse(date));
  });

  it('is waited for longer each time', async () => {
    answerWith({ status: 502 }, { status: 502 }, { status: 502 }, GOOD);
    await client().events.publish(EVENT);
    const [first = 0, , third = 0] = pausesMs();
    expect(first).toBeGreaterThanOrEqual(120);
    // At least half of four times what the first was at most.
    expect(third).toBeGreaterThanOrEqual(490);
  });
});

function pausesMs(): number[] {
  return server.requests.slice(1).map(({ at }, index) => at - (server.requests[index]?.at ?? 0));
}

describe('gives up', () => {
  it('after maxRetries, with the last answer', async () => {
    answerWith(problem(503, 'unavailable', { 'retry-after': '0' }));
    const given = { status: 503, code: 'unavailable', requestId: 'r1', message: 'title of unavailable' };
    await expect(client({ maxRetries: 2 }).webhooks.get('wh_1')).rejects.toMatchObject(given);
    expect(server.requests).toHaveLength(3);
  });

  it('at once, when Retry-After is further away than its time', async () => {
    answerWith(problem(503, 'unavailable', { 'retry-after': '61' }));
    await expect(client().webhooks.get('wh_1')).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  it('after timeoutMs without an answer', async () => {
    answerWith('hang');
    const startedAt = performance.now();
    const given = { code: 'timeout', status: undefined };
    await expect(client({ timeoutMs: 300 }).webhooks.get('wh_1')).rejects.toMatchObject(given);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('when nobody is there, and says why', async () => {
    await server.close();
    const error = await client({ maxRetries: 1 })
      .webhooks.get('wh_1')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PosthornError);
    expect(error).toMatchObject({ code: 'unreachable', status: undefined });
    expect((error as PosthornError).cause).toHaveProperty('message', 'fetch failed');
  });

  it.each<[string, Answer]>([
    ['the request', 'hang'],
    ['the pause', problem(503, 'unavailable', { 'retry-after': '30' })],
  ])('in the middle of %s, when the signal says so', async (_name, answer) => {
    answerWith(answer);
    const stop = new AbortController();
    const call = client().webhooks.get('wh_1', undefined, { signal: stop.signal });
    await server.waitFor(1);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('before the first request, when the signal had said so', async () => {
    const call = client().webhooks.get('wh_1', undefined, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(call).rejects.toThrow('enough');
    expect(server.requests).toEqual([]);
  });
});

describe('does not repeat', () => {
  it.each([
    [422, 'invalid_input'],
    [409, 'invalid_state'],
    [404, 'not_found'],
    [500, 'internal_error'],
  ])('%i %s', async (status, code) => {
    answerWith(problem(status, code));
    await expect(client().events.publish(EVENT)).rejects.toMatchObject({ status, code });
    expect(server.requests).toHaveLength(1);
  });
});

it("sends the caller's own key, and one of its own for each call without", async () => {
  answerWith(GOOD);
  await client().events.publish(EVENT, { idempotencyKey: 'mine' });
  await client().events.publish(EVENT);
  await client().events.publish(EVENT);
  expect(keys()[0]).toBe('mine');
  expect(new Set(keys()).size).toBe(3);
});

it('tells an answer that is not of the API by its status', async () => {
  answerWith({ status: 403, headers: { 'x-request-id': 'of-a-proxy' }, body: '<h1>Forbidden</h1>' });
  const given = { status: 403, code: 'unexpected_answer', requestId: 'of-a-proxy', errors: [] };
  await expect(client().webhooks.get('wh_1')).rejects.toMatchObject(given);
});

it.each([{ apiKey: '' }, { baseUrl: 'localhost:8080' }, { baseUrl: '' }])('refuses %j', (wrong) => {
  expect(() => client(wrong)).toThrow(TypeError);
});

it.each(['', '.', '..'])('refuses an id that would make another path: "%s"', async (id) => {
  await expect(client().webhooks.delete(id)).rejects.toThrow(TypeError);
  expect(server.requests).toEqual([]);
});

/** A server that promises more than it sends. */
async function cutsAnswers() {
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

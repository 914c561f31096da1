import { describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

/** Sends a raw request that no HTTP client would make. */
async function raw(options: {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
}): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  const { method = 'POST', path, headers, body } = options;
  const authorization = `Bearer ${api.adminKey}`;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      api.url + path,
      { method, headers: { authorization, ...headers }, agent: false },
      (response) => {
        text(response).then(
          (received) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const event = (fields: Record<string, unknown>) => ({ type: 'a.b', data: {}, ...fields });
const webhook = (fields: Record<string, unknown>) => ({ url: receiver.url, eventTypes: ['a.b'], ...fields });

describe('an unreadable body', () => {
  it.each([
    ['not JSON', Buffer.from('{"type":')],
    ['a trailing comma', Buffer.from('{"type":"a.b","data":{},}')],
    ['nothing', Buffer.from('')],
    ['white space', Buffer.from('  ')],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"type":"a.b","data":{"x":"'), Buffer.from([0xff]), Buffer.from('"}}')]),
    ],
    ['UTF-16', Buffer.from('{"type":"a.b","data":{}}', 'utf16le')],
    ['two byte order marks', Buffer.from('\uFEFF\uFEFF{"type":"a.b","data":{}}')],
  ])('is 400: %s', async (_name, body) => {
    const response = await raw({ path: '/v1/events', headers: json, body });
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'invalid_json' });
  });

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text', { 'content-type': 'text/plain' }],
    ['no content type', {}],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }],
    ['compressed', { ...json, 'content-encoding': 'gzip' }],
  ])('is 415: %s', async (_name, headers) => {
    const response = await raw({ path: '/v1/events', headers, body: JSON.stringify(event({})) });
    expect(response.status).toBe(415);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'unsupported_media_type' });
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'is not of type %s',
    async (type) => {
      const response = await raw({
        path: '/v1/events',
        headers: { 'content-type': type },
        body: JSON.stringify(event({})),
      });
      expect(response.status).toBe(202);
    },
  );

  it('is 413 beyond 256 KiB, with or without a content-length', async () => {
    const body = JSON.stringify(event({ data: { text: 'x'.repeat(1024 * 1024) } }));
    expect((await raw({ path: '/v1/events', headers: json, body })).status).toBe(413);
    const chunked = await raw({
      path: '/v1/events',
      headers: { ...json, 'transfer-encoding': 'chunked' },
      body,
    });
    expect(JSON.parse(chunked.body)).toMatchObject({ status: 413, code: 'payload_too_large' });
  });
});

describe('invalid input', () => {
  const LONG = 'x'.repeat(10_000);

  it.each<[string, Record<string, unknown>, string]>([
    ['no type', { type: undefined }, 'type'],
    ['a type of 10,000 characters', { type: LONG }, 'type'],
    ['a type with spaces', { type: 'a b' }, 'type'],
    ['a type that ends in a dot', { type: 'a.' }, 'type'],
    ['a reserved type', { type: 'webhook.validation' }, 'type'],
    ['another reserved type', { type: 'posthorn.webhook.suspended' }, 'type'],
    ['a type that is a number', { type: 5 }, 'type'],
    ['no data', { data: undefined }, 'data'],
    ['data that is a list', { data: [] }, 'data'],
    ['data that is text', { data: 'text' }, 'data'],
    ['data that is null', { data: null }, 'data'],
    ['a time without offset', { occurredAt: '2026-01-31T12:00:00' }, 'occurredAt'],
    ['an invalid day', { occurredAt: '2026-02-30T12:00:00Z' }, 'occurredAt'],
    ['a year of five digits in UTC', { occurredAt: '9999-12-31T23:59:59-14:00' }, 'occurredAt'],
    ['a time as a number', { occurredAt: 1_700_000_000 }, 'occurredAt'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['a key of 256 characters', { idempotencyKey: 'x'.repeat(256) }, 'idempotencyKey'],
    ['a key with NUL', { idempotencyKey: 'a\0b' }, 'idempotencyKey'],
    ['an invalid tenant id', { tenantId: 'ten_\0' }, 'tenantId'],
    ['an unknown field', { dat: {} }, 'dat'],
    ['the field __proto__', JSON.parse('{"__proto__":{"x":1}}'), '__proto__'],
  ])('of an event is 422: %s', async (_name, fields, path) => {
    const body = JSON.stringify({ ...event({}), ...fields }).replace(
      /}$/,
      path === '__proto__' ? ',"__proto__":{}}' : '}',
    );
    const { status, body: problem } = await api.admin.post('/v1/events', body);
    expect([status, problem.code]).toEqual([422, 'invalid_input']);
    expect(problem.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no URL', { url: undefined }, 'url'],
    ['a URL of 10,000 characters', { url: `https://example.com/${LONG}` }, 'url'],
    ['a URL with NUL', { url: 'https://example.com/\0' }, 'url'],
    ['no event types', { eventTypes: [] }, 'eventTypes'],
    ['101 event types', { eventTypes: Array.from({ length: 101 }, (_, n) => `t${n}`) }, 'eventTypes'],
    ['a pattern in the middle', { eventTypes: ['ok', 'a.*.b'] }, 'eventTypes[1]'],
    ['an event type with NUL', { eventTypes: ['a\0'] }, 'eventTypes[0]'],
    ['a long description', { description: LONG }, 'description'],
    ['a description with NUL', { description: 'a\0b' }, 'description'],
    ['a description with half a surrogate pair', { description: 'a\ud800b' }, 'description'],
    ['metadata that is a list', { metadata: [] }, 'metadata'],
    ['metadata with NUL deep inside', { metadata: { a: [{ b: 'c\0' }] } }, 'metadata'],
    ['metadata with NUL in a name', { metadata: { 'a\0': 1 } }, 'metadata'],
    ['metadata with half a surrogate pair', { metadata: { a: '\udc00' } }, 'metadata'],
    ['metadata beyond 4 KB', { metadata: { a: 'ü'.repeat(2100) } }, 'metadata'],
    ['a retry delay of 0', { retrySchedule: [5, 0] }, 'retrySchedule[1]'],
    ['a retry delay of 8 days', { retrySchedule: [691_200] }, 'retrySchedule[0]'],
    ['21 retries', { retrySchedule: Array.from({ length: 21 }, () => 1) }, 'retrySchedule'],
    ['half a second', { retrySchedule: [0.5] }, 'retrySchedule[0]'],
    ['a timeout of 31 s', { timeoutMs: 31_000 }, 'timeoutMs'],
    ['a timeout of 0.9 s', { timeoutMs: 900 }, 'timeoutMs'],
    ['a header set by Posthorn', { headers: { HOST: 'elsewhere' } }, 'headers.HOST'],
    ['a signature', { headers: { 'webhook-signature': 'v1,x' } }, 'headers.webhook-signature'],
    ['a sequence number', { headers: { 'Webhook-Sequence': '1' } }, 'headers.Webhook-Sequence'],
    ['a content type', { headers: { 'Content-Type': 'text/plain' } }, 'headers.Content-Type'],
    ['a proxy header', { headers: { 'proxy-authorization': 'x' } }, 'headers.proxy-authorization'],
    ['an invalid header name', { headers: { 'a b': 'x' } }, 'headers.a b'],
    ['a header with a line break', { headers: { a: 'x\r\ny: z' } }, 'headers.a'],
    ['a header with NUL', { headers: { a: '\0' } }, 'headers.a'],
    ['a header twice', { headers: { 'x-a': '1', 'X-A': '2' } }, 'headers.X-A'],
    ['a long header', { headers: { a: 'x'.repeat(1025) } }, 'headers.a'],
    [
      '21 headers',
      { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, ''])) },
      'headers',
    ],
    ['a filter that is text', { filter: 'amount > 5' }, 'filter'],
    ['a rate of 0', { rateLimit: { limit: 0, perSeconds: 1 } }, 'rateLimit.limit'],
    ['a rate over half a second', { rateLimit: { limit: 1, perSeconds: 0.5 } }, 'rateLimit.perSeconds'],
    ['a rate over more than an hour', { rateLimit: { limit: 1, perSeconds: 3601 } }, 'rateLimit.perSeconds'],
    ['a rate without a period', { rateLimit: { limit: 1 } }, 'rateLimit.perSeconds'],
    ['a rate with an unknown field', { rateLimit: { limit: 1, perSeconds: 1, burst: 5 } }, 'rateLimit.burst'],
    ['no requests in flight', { maxInFlight: 0 }, 'maxInFlight'],
    ['1001 requests in flight', { maxInFlight: 1001 }, 'maxInFlight'],
    ['a suspension after a negative time', { autoSuspendAfterDays: -1 }, 'autoSuspendAfterDays'],
    ['a suspension after 61 days', { autoSuspendAfterDays: 61 }, 'autoSuspendAfterDays'],
    ['a read-only field', { slow: false }, 'slow'],
  ])('of a webhook is 422: %s', async (_name, fields, path) => {
    const created = await api.admin.post('/v1/webhooks', webhook(fields));
    expect([created.status, created.body.code]).toEqual([422, 'invalid_input']);
    expect(created.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it.each<[string, string, unknown]>([
    ['suspend with NUL', 'suspend', { reason: '\0' }],
    ['suspend with an empty reason', 'suspend', { reason: '' }],
    ['reactivate with NUL', 'reactivate', { reason: '\0' }],
    ['confirm with NUL', 'validation/confirm', { code: '\0' }],
    ['confirm without a code', 'validation/confirm', {}],
    ['confirm a number', 'validation/confirm', { code: 12_345_678 }],
    ['rotate with a long overlap', 'secrets/rotate', { overlapHours: 169 }],
    ['rotate with a fractional overlap', 'secrets/rotate', { overlapHours: 0.5 }],
    ['test a reserved type', 'test', { eventType: 'webhook.validation' }],
    ['test a pattern', 'test', { eventType: '*' }],
    ['a list', 'suspend', []],
    ['null', 'suspend', 'null'],
  ])('of a command is 422: %s', async (_name, command, body) => {
    const { id } = await createWebhook(api.admin, receiver);
    expect((await api.admin.post(`/v1/webhooks/${id}/${command}`, body)).status).toBe(422);
  });

  it.each<[string, string, unknown]>([
    ['an event type with NUL', '/v1/event-types', { name: 'a', description: '\0' }],
    ['a group with NUL', '/v1/event-types', { name: 'a', group: '\0' }],
    ['a reserved event type', '/v1/event-types', { name: 'posthorn' }],
    ['a schema with NUL', '/v1/event-types', { name: 'a', schema: { title: '\0' } }],
    ['an invalid schema', '/v1/event-types', { name: 'a', schema: { type: 'nonsense' } }],
    [
      'a schema with a dangling reference',
      '/v1/event-types',
      { name: 'a', schema: { $ref: '#/$defs/none' } },
    ],
    ['a schema with an invalid pattern', '/v1/event-types', { name: 'a', schema: { pattern: '(' } }],
    ['an example with NUL', '/v1/event-types', { name: 'a', example: { a: '\0' } }],
    [
      'an example that breaks the schema',
      '/v1/event-types',
      { name: 'a', schema: { required: ['b'] }, example: {} },
    ],
    ['a tenant with NUL', '/v1/tenants', { name: '\0' }],
    ['a tenant without a name', '/v1/tenants', { name: '  ' }],
    ['a key with NUL', '/v1/api-keys', { name: '\0' }],
    ['a key with an unknown scope', '/v1/api-keys', { scopes: ['root'] }],
    ['a key without scopes', '/v1/api-keys', { scopes: [] }],
    ['a batch that is not a list', '/v1/events/batch', { events: {} }],
    ['an empty batch', '/v1/events/batch', { events: [] }],
    ['1001 events', '/v1/events/batch', { events: Array.from({ length: 1001 }, () => ({})) }],
  ])('is 422: %s', async (_name, path, body) => {
    const response = await api.admin.post(path, body);
    expect([response.status, response.body.code]).toEqual([422, 'invalid_input']);
    expect(response.body.errors.length).toBeGreaterThan(0);
  });

  it.each([
    [
      '/v1/webhooks',
      { url: 'https://example.com/', eventTypes: ['a'], filter: { properties: { id: { const: 1 } } } },
      '"const":1',
      '"const":9007199254740993',
    ],
    ['/v1/event-types', { name: 'number.example', example: { n: 1 } }, '"n":1', '"n":1e400'],
    ['/v1/event-types', { name: 'number.schema', schema: { maximum: 1 } }, '"maximum":1', '"maximum":-1E400'],
  ])('is a number that would be changed: %s', async (path, body, exact, inexact) => {
    const valid = JSON.stringify(body);
    const number = inexact.split(':')[1] ?? '';
    expect(await api.admin.post(path, valid.replace(exact, inexact))).toMatchObject({
      status: 422,
      body: {
        code: 'invalid_input',
        errors: [{ path: '', code: 'inexact_number', params: { number } }],
      },
    });
    expect((await api.admin.post(path, valid)).status).toBe(201);
  });

  it('tells a missing value from one of the wrong type', async () => {
    const { body } = await api.admin.post('/v1/webhooks', { eventTypes: 'invoice.paid', timeoutMs: '5' });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { path: 'url', code: 'required', params: {}, message: 'is required' },
        expect.objectContaining({ path: 'eventTypes', code: 'not_an_array', message: 'must be an array' }),
        expect.objectContaining({ path: 'timeoutMs', code: 'not_a_number', message: 'must be a number' }),
      ]),
    );
  });

  it('does so for each event of a batch', async () => {
    const events = [{ type: 5, data: {} }, { data: {} }];
    const { body } = await api.admin.post('/v1/events/batch', { events });
    expect(body.rejected.map(({ errors }: { errors: unknown }) => errors)).toMatchObject([
      [{ path: 'type', code: 'not_a_string', params: {}, message: 'must be a string' }],
      [{ path: 'type', code: 'required', message: 'is required' }],
    ]);
  });

  it('reports all errors at once', async () => {
    const { body } = await api.admin.post('/v1/webhooks', {
      eventTypes: ['ok', '?'],
      timeoutMs: 'fast',
      extra: 1,
    });
    expect(body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'eventTypes[1]',
      'extra',
      'timeoutMs',
      'url',
    ]);
  });

  it('does not overflow the stack when deeply nested', async () => {
    const deep = `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`;
    const published = await api.admin.post('/v1/events', `{"type":"a.b","data":${deep}}`);
    expect(published).toMatchObject({ status: 422, body: { errors: [{ path: 'data' }] } });
    const created = await api.admin.post(
      '/v1/webhooks',
      `{"url":"https://example.com","eventTypes":["a"],"metadata":${deep}}`,
    );
    expect(created.status).toBe(422);
    const batch = await api.admin.post('/v1/events/batch', `{"events":[${deep}]}`);
    expect(batch).toMatchObject({ status: 202, body: { rejected: [{ index: 0, code: 'invalid_input' }] } });
  });

  it('truncates long names in errors', async () => {
    const { body } = await api.admin.post('/v1/webhooks', webhook({ ['x'.repeat(100_000)]: 1 }));
    expect(JSON.stringify(body).length).toBeLessThan(2000);
  });
});

describe('valid data', () => {
  it('is stored unchanged: __proto__, NUL, lone surrogates and any other JSON', async () => {
    const data = String.raw`{"__proto__":{"a":1},"nul":"a\u0000b","half":"\ud800","n":1.5,"empty":{},"list":[null]}`;
    const published = await api.admin.post('/v1/events', `{"type":"a.b","data":${data}}`);
    expect(published.status).toBe(202);
    const response = await raw({ method: 'GET', path: `/v1/events/${published.body.id}` });
    expect(response.body).toContain(`"data":${data}`);
  });

  it('may use the maximum length of a description', async () => {
    const created = await createWebhook(api.admin, receiver, {
      description: 'ü'.repeat(500),
      metadata: { a: '\u{1F4EF}' },
    });
    const { body } = await api.admin.get(`/v1/webhooks/${created.id}`);
    expect(body).toMatchObject({ description: 'ü'.repeat(500), metadata: { a: '\u{1F4EF}' } });
  });
});

describe('a request to an unknown path or method', () => {
  it.each([
    '/',
    '/v1',
    '/v1/nothing',
    '/v1/webhooks/',
    '/V1/webhooks',
    '/v1/webhooks/%',
    '/v1/webhooks/a/b/c',
    '/v2/events',
  ])('is 404: %s', async (path) => {
    const response = await raw({ method: 'GET', path });
    expect(JSON.parse(response.body)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each([
    'x',
    'wh_',
    'wh_x',
    '%00',
    'evt_01jw000000e008000000000001',
    'wh_zzzzzzzzzzzzzzzzzzzzzzzzzz',
    `wh_${'0'.repeat(5000)}`,
  ])('is 404 for the id %s', async (id) => {
    const { status } = await raw({ method: 'GET', path: `/v1/webhooks/${id}` });
    expect(status).toBe(404);
  });

  it.each([
    ['PUT', '/v1/webhooks', 'POST, GET, HEAD'],
    ['DELETE', '/v1/events', 'POST, GET, HEAD'],
    ['POST', '/v1/events/evt_01jw000000e008000000000001', 'GET, HEAD'],
    ['HEAD', '/v1/overview/live', 'GET'],
    ['POST', '/v1/overview/live', 'GET'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('is 405: %s %s', async (method, path, allow) => {
    const response = await raw({ method, path });
    expect(response.headers['allow']).toBe(allow);
    if (method === 'HEAD') expect([response.status, response.body]).toEqual([405, '']);
    else expect(JSON.parse(response.body)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  it.each([
    '?limit=0',
    '?limit=201',
    '?limit=x',
    '?limit=',
    '?limit=1e2',
    '?limit=5&limit=6',
    '?cursor=x',
    '?cursor=',
    '?nothing=1',
    '?status=deleted',
    '?tenantId=x',
    '?url=%00',
  ])('is 422 with the query %s', async (query) => {
    const response = await api.admin.get(`/v1/webhooks${query}`);
    expect([response.status, response.body.code]).toEqual([422, 'invalid_input']);
  });
});

describe('every response', () => {
  it('returns the request id of the client if it is valid', async () => {
    const named = await api.admin.get('/v1/webhooks/x', { 'x-request-id': 'abc-1.2_3' });
    expect(named.headers.get('x-request-id')).toBe('abc-1.2_3');
    expect(named.body.requestId).toBe('abc-1.2_3');
    const invalid = await api.admin.get('/v1/webhooks', { 'x-request-id': 'a b' });
    expect(invalid.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reveals no software names and is not cacheable', async () => {
    const { headers } = await api.admin.get('/v1/webhooks');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('etag')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { encodeExportCursor, EXPORTED_TYPES, type ExportLine } from '@posthorn/contract';
import { decodeId, encodeId, newId } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { streamLines } from '../src/http/stream-lines.js';
import { createOpenLimiter, EXPORT_LIMITS } from '../src/http/open-limiter.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

/** Values that must not be in an export. */
const SECRETS = {
  header: 'canary-header-value',
  secret: 'whsec_Y2FuYXJ5LXNlY3JldC1jYW5hcnktc2VjcmV0LWNhbmFyeQ==',
};

interface Exported {
  id: string;
  key: string;
  client: CheckedClient;
  /** Keys and tokens. */
  canaries: string[];
}

const tenant: Exported = { id: '', key: '', client: api.admin, canaries: [] };
const other = { id: '', key: '' };

async function createTenant(name: string): Promise<Exported> {
  const { body } = await api.admin.post('/v1/tenants', { name, externalId: name });
  const { body: made } = await api.admin.post('/v1/api-keys', { name, tenantId: body.id, scopes: ['admin'] });
  return { id: body.id, key: made.key, client: api.client(made.key), canaries: [body.key, made.key] };
}

/** Adds attempts to a delivery, which the tests do not send. */
async function addAttempts(eventId: string, count: number): Promise<void> {
  const { rows } = await api.deps.pool.query('SELECT * FROM pending_delivery WHERE event_id = $1', [
    decodeId('event', eventId),
  ]);
  const [delivery] = rows;
  for (let number = 1; number <= count; number += 1)
    await api.deps.pool.query(
      `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status, response_body)
       VALUES ($1, $2, $2, $3, $4, now(), 5, $5, 500, 'body')`,
      [newId(), delivery.id, delivery.webhook_id, delivery.tenant_id, number],
    );
  await api.deps.pool.query('UPDATE pending_delivery SET attempt_count = $2 WHERE id = $1', [
    delivery.id,
    count,
  ]);
}

beforeAll(async () => {
  Object.assign(tenant, await createTenant('exported'));
  const { id, key } = await createTenant('other');
  Object.assign(other, { id, key });
  await api.admin.post('/v1/event-types', { name: 'used.type', redact: ['/card'], searchKeys: ['/card'] });
  await api.admin.post('/v1/event-types', { name: 'unused.type' });
  const webhook = await createActiveWebhook(tenant.client, receiver, {
    eventTypes: ['used.*'],
    headers: { 'x-canary': SECRETS.header },
    secret: SECRETS.secret,
  });
  for (let count = 0; count < 45; count += 1) {
    const { body } = await tenant.client.post(
      '/v1/events',
      `{"type":"used.type","data":{"n":${count}.0,"card":"visible"}}`,
    );
    if (count % 10 === 0) await addAttempts(body.id, count === 40 ? 130 : 3);
  }
  await createActiveWebhook(api.client(key), receiver, { eventTypes: ['used.*'] });
  await api.client(key).post('/v1/events', { type: 'used.type', data: { of: 'other' } });
  const { body: link } = await api.admin.post('/v1/portal-links', { tenantId: tenant.id });
  const { body: feedKey } = await tenant.client.post('/v1/api-keys', { webhookId: webhook.id });
  tenant.canaries.push(feedKey.key, new URL(link.url).hash.replace('#token=', ''));
  await api.deps.pool.query(
    `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
     VALUES ($1, $2, 'queue', 'invalid_input', 'message', 'payload')`,
    [newId(), decodeId('tenant', tenant.id)],
  );
  await api.deps.pool.query(
    `INSERT INTO notification_recipient (tenant_id, address) VALUES ($1, 'b@example.com'), ($1, 'a@example.com')`,
    [decodeId('tenant', tenant.id)],
  );
  const from = new Date(Date.now() - 60_000).toISOString();
  await tenant.client.post(`/v1/webhooks/${webhook.id}/replay`, { from, to: new Date().toISOString() });
  await tenant.client.post('/v1/recoveries', { since: from });
});

const request = (path: string, key = tenant.key, init: RequestInit = {}) =>
  fetch(`${api.url}/v1/tenants/${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });

async function textOf(query = '', key = tenant.key): Promise<string> {
  const response = await request(`${tenant.id}/export${query}`, key);
  expect(response.status).toBe(200);
  return response.text();
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const parse = (text: string): ExportLine[] => linesOf(text).map((line) => JSON.parse(line));

const read = async (query: string) =>
  linesOf(await textOf(query)).filter((line) => !line.includes('"action":"tenant.exported"'));

const withoutAudit = (text: string) =>
  linesOf(text).filter((line) => !line.startsWith('{"type":"audit_entry"'));

describe('GET /v1/tenants/{id}/export', () => {
  it('returns lines of each type, in the order of the types, and a last line', async () => {
    const response = await request(`${tenant.id}/export`);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = parse(await response.text());
    const types = [...new Set(lines.map(({ type }) => type))];
    expect(types).toEqual(EXPORTED_TYPES);
    const counts = Object.fromEntries(
      types.map((type) => [type, lines.filter((line) => line.type === type).length]),
    );
    expect(counts).toMatchObject({
      event: 45,
      delivery: 45,
      attempt: 142,
      event_type: 1,
      recipient: 2,
      complete: 1,
    });
  });

  it('returns the records as the API does', async () => {
    const lines = parse(await textOf());
    const recordsOf = (type: string) => lines.filter((line) => line.type === type).map(({ data }) => data);
    const get = async (path: string) => (await tenant.client.get(path)).body;
    expect(recordsOf('tenant')).toEqual([await get(`/v1/tenants/${tenant.id}`)]);
    expect(recordsOf('webhook')).toEqual((await get('/v1/webhooks')).data);
    expect(recordsOf('event_type')).toEqual([await get('/v1/event-types/used.type')]);
    const [event] = recordsOf('event');
    expect(event).toEqual(await get(`/v1/events/${String(event?.['id'])}`));
    expect(recordsOf('delivery')).toEqual((await get('/v1/deliveries?limit=200')).data);
    const attempt = recordsOf('attempt').at(-1);
    const attempts = await get(`/v1/deliveries/${String(attempt?.['deliveryId'])}/attempts`);
    expect(attempts.data[0]).toEqual(attempt);
    expect(recordsOf('api_key')).toEqual((await get('/v1/api-keys')).data);
    expect(recordsOf('portal_link')).toEqual((await get('/v1/portal-links')).data);
    expect(recordsOf('rejected_event')).toEqual((await get('/v1/rejected-events')).data);
    expect(recordsOf('audit_entry')).toEqual((await get('/v1/audit-entries?limit=200')).data);
    expect(recordsOf('usage')).toEqual((await get('/v1/usage')).data);
  });

  it('passes on the data of events as it was published', async () => {
    expect(await textOf()).toContain('"data":{"n":7.0,"card":"visible"}}}\n');
  });

  it('returns an attempt after its delivery, oldest first', async () => {
    const lines = parse(await textOf());
    let deliveryId: unknown;
    const numbers: Record<string, unknown[]> = {};
    for (const { type, data } of lines) {
      if (type === 'delivery') deliveryId = data['id'];
      if (type !== 'attempt') continue;
      expect(data['deliveryId']).toBe(deliveryId);
      (numbers[String(deliveryId)] ??= []).push(data['number']);
    }
    for (const each of Object.values(numbers)) expect(each).toEqual(each.map((_, index) => index + 1));
  });

  it('contains the same for a key for all tenants, and nothing of other tenants', async () => {
    const own = withoutAudit(await textOf());
    expect(withoutAudit(await textOf('', api.adminKey))).toEqual(own);
    expect(own.join('')).not.toContain(other.id);
    expect(own.join('')).not.toContain('"of":"other"');
  });

  it('contains no secret, no sealed text, no key and no name of an operator', async () => {
    const text = await textOf('', api.adminKey);
    const { rows } = await api.deps.pool.query<{ sealed: string }>(
      `SELECT headers_sealed AS sealed FROM webhook WHERE headers_sealed IS NOT NULL
       UNION ALL SELECT secret ->> 'sealed' FROM webhook, jsonb_array_elements(secrets) AS secret
       UNION ALL SELECT encode(key_hash, 'hex') FROM api_key`,
    );
    const sealed = rows.map((row) => row.sealed).filter((each) => typeof each === 'string');
    expect(sealed.length).toBeGreaterThan(2);
    for (const canary of [
      SECRETS.header,
      SECRETS.secret,
      SECRETS.secret.slice(6),
      ...tenant.canaries,
      api.adminKey,
      ...sealed,
    ])
      expect(text).not.toContain(canary);
    const operators = parse(text).filter(
      ({ type, data }) => type === 'audit_entry' && JSON.stringify(data).includes('operator'),
    );
    expect(operators.length).toBeGreaterThan(0);
    for (const { data } of operators) expect(data['clientAddress']).toBeNull();
  });

  it('continues after any line', async () => {
    // Each export adds an audit entry.
    const lines = await read('');
    const indexes = [
      0,
      1,
      2,
      3,
      8,
      30,
      49,
      50,
      51,
      60,
      90,
      91,
      92,
      93,
      94,
      150,
      220,
      232,
      233,
      234,
      lines.length - 2,
      lines.length - 1,
    ];
    for (const index of indexes) {
      const { cursor } = JSON.parse(lines[index] ?? '') as ExportLine;
      expect(await read(`?after=${cursor}`)).toEqual(
        index === lines.length - 1 ? lines.slice(-1) : lines.slice(index + 1),
      );
    }
  });

  it('has nothing of another tenant after a line that names its delivery', async () => {
    const { rows } = await api.deps.pool.query<{ event: string; id: string }>(
      'SELECT event_id AS event, id FROM pending_delivery WHERE tenant_id = $1',
      [decodeId('tenant', other.id)],
    );
    const [foreign] = rows;
    await addAttempts(encodeId('event', foreign?.event ?? ''), 2);
    const key = `${foreign?.id}/00000000-0000-0000-0000-000000000000`;
    const after = encodeExportCursor({ type: 'attempt', key });
    const records = parse(await textOf(`?after=${after}`));
    expect(records.length).toBeGreaterThan(0);
    expect(JSON.stringify(records)).not.toContain(encodeId('delivery', foreign?.id ?? ''));
  });

  it('is recorded in the audit log', async () => {
    await textOf();
    const { body } = await tenant.client.get('/v1/audit-entries?action=tenant.exported&limit=1');
    expect(body.data).toEqual([
      expect.objectContaining({ action: 'tenant.exported', target: tenant.id, targetName: 'exported' }),
    ]);
  });

  it.each([
    '',
    'x',
    Buffer.from('event x').toString('base64url'),
    Buffer.from('usage 2026-02-31').toString('base64url'),
  ])('rejects the cursor %j', async (after) => {
    const { status, body } = await tenant.client.get(`/v1/tenants/${tenant.id}/export?after=${after}`);
    expect(status).toBe(422);
    expect(body.errors[0].code).toBe('not_cursor');
  });

  it('is a call of an admin key, for its own tenant', async () => {
    expect((await request(`${other.id}/export`)).status).toBe(404);
    expect((await request(`ext:exported/export`)).status).toBe(200);
    expect((await request(`system/export`, api.adminKey)).status).toBe(404);
    expect((await request(`default/export`, api.adminKey)).status).toBe(200);
    const { body } = await tenant.client.post('/v1/api-keys', { name: 'no admin' });
    expect((await request(`${tenant.id}/export`, body.key)).status).toBe(403);
    expect((await request(`${tenant.id}/export`, tenant.key, { method: 'HEAD' })).status).toBe(405);
  });
});

it('has the payloads that are kept for fewer days, and hides their values, too', async () => {
  const { id, key } = await createTenant('retained');
  await api.admin.post('/v1/event-types', {
    name: 'kept.briefly',
    retention: { payloadDays: 1 },
    searchKeys: ['/a'],
    redact: ['/a'],
  });
  const { body: event } = await api.admin.post('/v1/events', {
    type: 'kept.briefly',
    data: { a: 'kept-1' },
    tenantId: id,
  });
  const text = await (await request(`${id}/export`, key)).text();
  expect(parse(text).find(({ type }) => type === 'event')?.data).toMatchObject({
    id: event.id,
    data: { a: 'kept-1' },
  });
  const scopes = ['events:read'];
  const reader = api.client((await api.admin.post('/v1/api-keys', { tenantId: id, scopes })).body.key);
  expect((await reader.get(`/v1/events/${event.id}`)).body).toMatchObject({
    data: { a: '•••' },
    searchValues: [{ value: '•••' }],
  });
  expect((await reader.get('/v1/search?q=kept-1')).body.data).toEqual([]);
  expect((await api.client(key).get('/v1/search?q=kept-1')).body.data).toHaveLength(1);
});

it('finds no deleted tenant', async () => {
  const { id, key } = await createTenant('deleted');
  await api.admin.delete(`/v1/tenants/${id}`);
  expect((await request(`${id}/export`, key)).status).toBe(401);
  expect((await request(`${id}/export`, api.adminKey)).status).toBe(404);
});

describe('an export', () => {
  it('is refused while others are in progress', async () => {
    const open = createOpenLimiter(EXPORT_LIMITS);
    const close = [open({ keyId: 'a', tenantId: 't' }), open({ keyId: 'b', tenantId: 't' })];
    expect(() => open({ keyId: 'c', tenantId: 't' })).toThrow('The tenant already has 2 exports in progress');
    close[0]?.();
    close[0] = open({ keyId: 'a', tenantId: 't' });
    open({ keyId: 'a', tenantId: 'u' });
    open({ keyId: 'a', tenantId: 'v' });
    expect(() => open({ keyId: 'd', tenantId: 'w' })).toThrow(
      'This process already has 4 exports in progress',
    );
  });

  it('ends its count when the client leaves', async () => {
    for (let count = 0; count < 2; count += 1) await (await request(`${tenant.id}/export`)).body?.cancel();
    for (;;) {
      const response = await request(`${tenant.id}/export`);
      if (response.status === 200) return void (await response.text());
      expect(response.status).toBe(429);
    }
  });
});

const valid = async () => true;

const never = new AbortController().signal;

async function* endless(): AsyncGenerator<string> {
  for (;;) yield `${'x'.repeat(10_000)}\n`;
}

async function* of(...lines: (string | Error)[]): AsyncGenerator<string> {
  for (const line of lines) {
    if (line instanceof Error) throw line;
    yield line;
  }
}

/** Streams lines to a client, and returns what it got and how the stream ended. */
async function stream(
  lines: AsyncIterable<string>,
  options: Partial<Parameters<typeof streamLines>[2]>,
  reads = true,
): Promise<{ text: string | null; error: unknown }> {
  let outcome: Promise<unknown> = Promise.resolve();
  const server = createServer((_request, response) => {
    outcome = streamLines(response as never, lines, {
      isStillAuthenticated: valid,
      stopping: never,
      ...options,
    }).then(
      () => null,
      (error: unknown) => error,
    );
  }).listen(0);
  try {
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const response = await fetch(`http://localhost:${port}`).catch(() => null);
    if (!reads) return { text: null, error: await outcome };
    const text = (await response?.text().catch(() => null)) ?? null;
    return { text, error: await outcome };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('streamLines', () => {
  it('sends all lines', async () => {
    expect(await stream(of('a\n', 'b\n'), {})).toEqual({ text: 'a\nb\n', error: null });
  });

  it('breaks the connection if a line cannot be read', async () => {
    const failure = new Error('PostgreSQL is unavailable');
    expect(await stream(of('a\n', failure), {})).toEqual({ text: null, error: failure });
  });

  it('ends a client that stops reading', async () => {
    const { error } = await stream(endless(), { stalledMs: 50 }, false);
    expect(error).toMatchObject({ name: 'AbortError' });
  });

  it('ends when the key is no longer valid', async () => {
    const { text, error } = await stream(endless(), { checkMs: 0, isStillAuthenticated: async () => false });
    expect({ text, error }).toEqual({ text: null, error: new Error('The key is no longer valid') });
  });

  it('ends when the process stops', async () => {
    const { error } = await stream(endless(), { stopping: AbortSignal.abort() });
    expect(error).toMatchObject({ name: 'AbortError' });
  });
});

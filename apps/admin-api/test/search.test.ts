import { beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
beforeAll(async () => {
  await api.admin.post('/v1/event-types', {
    name: 'order.paid',
    searchKeys: ['/order/id', '/amount', '/gift', '/skus'],
  });
});

interface Query {
  client?: CheckedClient;
  limit?: string;
  tenantId?: string;
}

const search = async (q: string, { client = api.admin, ...query }: Query = {}) => {
  const { status, body } = await client.get(`/v1/search?${new URLSearchParams({ q, ...query }).toString()}`);
  return { status, ...body };
};

async function clientWith(scope: string): Promise<CheckedClient> {
  const { body } = await api.admin.post('/v1/api-keys', { name: scope, scopes: [scope] });
  return api.client(body.key);
}

/** Publishes data as it is written, and returns the id of the event. */
async function publish(data: string, fields = '', client = api.admin): Promise<string> {
  const { body } = await client.post('/v1/events', `{"type":"order.paid","data":${data}${fields}}`);
  return body.id;
}

async function createTenant(name: string): Promise<{ id: string; client: CheckedClient; keyId: string }> {
  const { body } = await api.admin.post('/v1/tenants', { name });
  return { id: body.id, client: api.client(body.key), keyId: body.keyId };
}

describe('a value of a payload', () => {
  it.each([
    ['a string', '{"order":{"id":"A-4711"}}', 'A-4711', '/order/id'],
    ['a long integer', '{"order":{"id":12345678901234567890}}', '12345678901234567890', '/order/id'],
    ['a decimal as written', '{"amount":1.10}', '1.10', '/amount'],
    ['a huge number', '{"amount":1e400}', '1e400', '/amount'],
    ['a boolean', '{"gift":true}', 'true', '/gift'],
    ['an element', '{"skus":["s1","s2"]}', 's2', '/skus'],
  ])('finds the event by %s', async (_name, data, q, searchKey) => {
    const id = await publish(data);
    expect((await search(` ${q} `)).data).toEqual([
      expect.objectContaining({ kind: 'event', id, title: 'order.paid', matchedBy: 'payload', searchKey }),
    ]);
    expect((await search(`${q}0`)).data).toEqual([]);
  });

  it('finds the event with its times, as do its id and its key', async () => {
    const occurredAt = '2026-01-31T12:00:00.500Z';
    for (const text of ['', 'x'.repeat(500)]) {
      const key = `times-${text.length}`;
      const fields = `,"idempotencyKey":"${key}","occurredAt":"${occurredAt}"`;
      const id = await publish(`{"order":{"id":"${key}-value"},"text":"${text}"}`, fields);
      const { publishedAt } = (await api.admin.get(`/v1/events/${id}`)).body;
      for (const q of [id, key, `${key}-value`])
        expect((await search(q)).data).toMatchObject([
          { id, occurredAt, publishedAt, createdAt: publishedAt },
        ]);
    }
    const { id } = await createTenant('without times');
    expect((await search(id)).data).toMatchObject([{ occurredAt: null, publishedAt: null }]);
  });

  it('finds events of a batch, and none that was accepted before the key was declared', async () => {
    const publishLate = () => api.admin.post('/v1/events', { type: 'late.type', data: { ref: 'late-1' } });
    await publishLate();
    const keys = { name: 'late.type', searchKeys: ['/ref'] };
    await api.admin.post('/v1/event-types', keys);
    expect((await search('late-1')).data).toEqual([]);
    const { body } = await publishLate();
    const events = [{ type: 'late.type', data: { ref: 'late-2' } }];
    const batch = await api.admin.post('/v1/events/batch', { events });
    expect((await search('late-1')).data).toMatchObject([{ id: body.id }]);
    expect((await search('late-2')).data).toMatchObject([{ id: batch.body.accepted[0].id }]);
    await api.admin.patch('/v1/event-types/late.type', { searchKeys: null });
    await publishLate();
    expect((await search('late-1')).data).toMatchObject([{ id: body.id }]);
  });

  it('reports that there are more', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push(await publish('{"order":{"id":"shared"}}'));
    const found = await search('shared', { limit: '3' });
    expect(found.data.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed().slice(0, 3));
    expect(found.more).toEqual(['event']);
    expect((await search('shared')).more).toEqual([]);
  });

  it('without a result names the keys that are searched', async () => {
    expect(await search('nothing')).toEqual({
      status: 200,
      data: [],
      more: [],
      timedOut: [],
      searchKeys: expect.arrayContaining(['/amount', '/order/id']),
    });
  });
});

describe('an id', () => {
  it('of each kind finds its resource', async () => {
    const { id: tenantId, keyId } = await createTenant('by id');
    const webhook = await createActiveWebhook(api.admin, receiver, { eventTypes: ['order.paid'] });
    const eventId = await publish('{}');
    const [delivery] = (await api.admin.get(`/v1/events/${eventId}/deliveries`)).body.data;
    const replay = await api.admin.post(`/v1/events/${eventId}/replay`);
    const [secret] = (await api.admin.get(`/v1/webhooks/${webhook.id}/secrets`)).body.data;
    const [entry] = (await api.admin.get('/v1/audit-entries?limit=1')).body.data;
    const first = async (id: string) => (await search(id)).data[0];
    for (const [kind, id] of Object.entries({ webhook: webhook.id, event: eventId, tenant: tenantId }))
      expect(await first(id)).toMatchObject({ kind, id, matchedBy: 'id' });
    expect(await first(delivery.id)).toMatchObject({
      kind: 'delivery',
      id: delivery.id,
      title: 'order.paid',
      webhookId: webhook.id,
      eventId,
    });
    expect(await first(secret.id)).toMatchObject({ kind: 'webhook', id: webhook.id });
    expect(await first(replay.body.id)).toMatchObject({ kind: 'replay', eventId });
    expect(await first(keyId)).toMatchObject({ kind: 'api_key', title: 'by id', tenantId });
    expect(await first(entry.id)).toMatchObject({ kind: 'audit_entry', title: entry.action });
    expect((await search(encodeId('event', newId()))).data).toEqual([]);
  });
});

describe('a text', () => {
  it('finds webhooks by URL and description', async () => {
    const url = `${receiver.url}orders_100%`;
    const { body } = await api.admin.post('/v1/webhooks', {
      url,
      eventTypes: ['*'],
      description: 'Warehouse Berlin',
    });
    const beginning = new URL(url).origin.slice(0, -1);
    for (const q of [url, 'ORDERS_100%', new URL(url).host, beginning])
      expect((await search(q)).data).toContainEqual(
        expect.objectContaining({ kind: 'webhook', id: body.id, matchedBy: 'url' }),
      );
    expect((await search('warehouse')).data).toMatchObject([{ id: body.id, matchedBy: 'description' }]);
    expect((await search('orders-100')).data).toEqual([]);
  });

  it('finds webhooks and tenants by their external ids, with and without ext:', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Named', externalId: 'crm-0815' });
    const { body: webhook } = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['*'],
      externalId: 'crm-0815-hook',
    });
    for (const q of ['CRM-0815', 'ext:crm-0815'])
      expect((await search(q)).data).toMatchObject([
        { kind: 'webhook', id: webhook.id, matchedBy: 'external_id' },
        { kind: 'tenant', id: tenant.id, title: 'Named', matchedBy: 'external_id' },
      ]);
    for (const list of ['webhooks', 'tenants'])
      expect((await api.admin.get(`/v1/${list}?search=crm-0815`)).body.data).toHaveLength(1);
  });

  it('finds tenants, event types and idempotency keys', async () => {
    const { id } = await createTenant('Initech GmbH');
    expect((await search('initech')).data).toMatchObject([{ kind: 'tenant', id, title: 'Initech GmbH' }]);
    expect((await search('order.p')).data).toMatchObject([{ kind: 'event_type', id: 'order.paid' }]);
    for (const name of ['Initech AG', 'Initech Ltd']) await createTenant(name);
    expect((await search('initech', { tenantId: id, limit: '1' })).data).toMatchObject([{ id }]);
    const eventId = await publish('{}', ',"idempotencyKey":"invoice 9"');
    expect((await search('invoice 9')).data).toMatchObject([
      { kind: 'event', id: eventId, matchedBy: 'idempotency_key', searchKey: null },
    ]);
  });

  it('of one or two characters must match as a whole', async () => {
    const { id } = await createTenant('Q');
    expect((await search('q')).data).toMatchObject([{ kind: 'tenant', id }]);
    expect((await search('or')).data).toEqual([]);
  });

  it('that finds an event in two ways lists it once', async () => {
    const id = await publish('{"order":{"id":"both"}}', ',"idempotencyKey":"both"');
    expect((await search('both')).data).toMatchObject([{ id, matchedBy: 'idempotency_key' }]);
  });
});

describe('what a caller may see', () => {
  it('is limited to its tenant', async () => {
    const [ours, theirs] = [await createTenant('ours 1'), await createTenant('theirs 1')];
    const mine = await publish('{"order":{"id":"same"}}', '', ours.client);
    const other = await publish('{"order":{"id":"same"}}', '', theirs.client);
    const ids = async (query: Query) =>
      (await search('same', query)).data.map(({ id }: { id: string }) => id);
    expect(await ids({ client: ours.client })).toEqual([mine]);
    expect(await ids({})).toEqual([other, mine]);
    expect(await ids({ tenantId: '*' })).toEqual([other, mine]);
    expect(await ids({ tenantId: theirs.id })).toEqual([other]);
    expect((await search('same', { client: ours.client, tenantId: theirs.id })).status).toBe(404);
    expect((await search('same', { client: ours.client, tenantId: '*' })).status).toBe(403);
    for (const q of [other, theirs.id, theirs.keyId, 'theirs'])
      expect((await search(q, { client: ours.client })).data).toEqual([]);
  });

  it('is limited to its scopes', async () => {
    const id = await publish('{"order":{"id":"scoped"}}');
    const [webhooks, events] = [await clientWith('webhooks:read'), await clientWith('events:read')];
    for (const q of ['scoped', id]) {
      expect((await search(q, { client: events })).data).toMatchObject([{ id }]);
      expect(await search(q, { client: webhooks })).toMatchObject({ data: [], searchKeys: [] });
    }
    expect((await search('http', { client: events })).data).toEqual([]);
    expect((await search('x', { client: await clientWith('events:write') })).status).toBe(403);
  });
});

describe('bad input', () => {
  it.each([
    ['', 'q', 'must not be empty'],
    ['   ', 'q', 'must not be empty'],
    ['x'.repeat(1025), 'q', 'must have at most'],
    ['x'.repeat(10_240), 'q', 'must have at most'],
    ['\0', 'q', 'NUL'],
  ])('%#: is refused', async (q, path, message) => {
    const { status, errors } = await search(q);
    expect([status, errors]).toMatchObject([422, [{ path, message: expect.stringContaining(message) }]]);
  });

  it.each(['0', '51', 'x'])('a limit of %s is refused', async (limit) => {
    expect(await search('x', { limit })).toMatchObject({ status: 422, errors: [{ path: 'limit' }] });
  });

  it('of any kind finds nothing and fails nothing', async () => {
    for (const q of [
      'x',
      '%',
      '\\',
      "'",
      '*',
      'evt_',
      'evt_zzzzzzzzzzzzzzzzzzzzzzzzzz',
      'ftp://',
      '😀',
      'y'.repeat(1024),
    ])
      expect(await search(q)).toMatchObject({ status: 200, data: [] });
  });
});

describe('a search that takes too long', () => {
  it('reports the kinds that it did not search, and returns the others', async () => {
    const id = await publish('{"order":{"id":"slow"}}');
    const other = await api.deps.pool.connect();
    await other.query('BEGIN; LOCK TABLE webhook');
    const found = await search('slow');
    await other.query('ROLLBACK');
    other.release();
    expect(found).toMatchObject({ timedOut: ['webhook'], data: [{ id }] });
  });
});

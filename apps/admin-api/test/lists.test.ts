import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

interface Item {
  id: string;
  eventId: string;
  name: string;
}

/** Reads all pages of a list. */
async function allPages(path: string, limit: number): Promise<Item[][]> {
  const pages: Item[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const url = new URL(path, api.url);
    url.searchParams.set('limit', String(limit));
    if (cursor !== '') url.searchParams.set('cursor', cursor);
    const { status, body } = await api.admin.get(url.pathname + url.search);
    if (status !== 200) throw new Error(JSON.stringify(body));
    pages.push(body.data);
    cursor = body.nextCursor;
  }
  return pages;
}

const ids = (items: Item[]) => items.map(({ id }) => id);

describe('a list', () => {
  it('of webhooks is sorted newest first, without duplicates', async () => {
    const created: string[] = [];
    for (let n = 0; n < 5; n += 1) created.push((await createWebhook(api.admin, receiver)).id);
    const pages = await allPages('/v1/webhooks', 2);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(ids(pages.flat())).toEqual(created.toReversed());
    expect((await allPages('/v1/webhooks', 5)).map((page) => page.length)).toEqual([5]);
  });

  it('of webhooks is filtered', async () => {
    const there = await createActiveWebhook(api.admin, receiver, { eventTypes: ['order.*', 'invoice.paid'] });
    const other = `${receiver.url}other`;
    await api.admin.patch(`/v1/webhooks/${there.id}`, { url: other });
    const found = async (query: string) => ids((await api.admin.get(`/v1/webhooks?${query}`)).body.data);
    expect(await found('status=active')).toEqual([there.id]);
    expect(await found(`url=${encodeURIComponent(other)}`)).toEqual([there.id]);
    expect(await found('url=https://nowhere.example/')).toEqual([]);
    expect(await found('eventType=order.shipped&status=active')).toEqual([there.id]);
    expect(await found('eventType=invoice.paid&status=active')).toEqual([there.id]);
    expect(await found('eventType=invoice.sent&status=active')).toEqual([]);
    expect(await found('eventType=order.*')).toEqual([there.id]);
    expect((await found('eventType=order.shipped')).length).toBe(6);
    expect(await found('status=suspended')).toEqual([]);
  });

  it('of webhooks is searched by literal text in URLs and descriptions', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'searched' });
    const client = api.client(tenant.key);
    const create = (fields: Record<string, unknown>) => createWebhook(client, receiver, fields);
    const shop = await create({ url: `${receiver.url}Shop_1` });
    const other = await create({
      url: `${receiver.url}shopX1`,
      description: String.raw`Saves 100% of C:\files`,
    });
    const moved = await createActiveWebhook(client, receiver);
    await client.patch(`/v1/webhooks/${moved.id}`, { url: `${receiver.url}next-shop` });
    const found = async (text: string, query = '') =>
      ids((await client.get(`/v1/webhooks?search=${encodeURIComponent(text)}${query}`)).body.data);
    expect(await found('shOP')).toEqual([moved.id, other.id, shop.id]);
    expect(await found('shop_1')).toEqual([shop.id]);
    expect(await found('00%')).toEqual([other.id]);
    expect(await found('%')).toEqual([other.id]);
    expect(await found(String.raw`c:\F`)).toEqual([other.id]);
    expect(await found('shop', '&status=active')).toEqual([moved.id]);
    expect(await found('shop', `&url=${encodeURIComponent(`${receiver.url}Shop_1`)}`)).toEqual([shop.id]);
    expect(await found('nowhere')).toEqual([]);
    const names = async (text: string) =>
      (await api.admin.get(`/v1/tenants?search=${text}`)).body.data.map(({ name }: Item) => name);
    expect(await names('SEARCH')).toEqual(['searched']);
    expect(await names('_earch')).toEqual([]);
  });

  it('of events and deliveries is paged and filtered, including by time', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'lists' });
    const client = api.client(tenant.key);
    const { id: webhookId } = await createActiveWebhook(client, receiver, { eventTypes: ['list.*'] });
    const publish = async (type: string) =>
      (await client.post('/v1/events', { type, data: { type } })).body.id as string;
    const created = [await publish('list.a'), await publish('list.b'), await publish('list.a')];
    const middle = (await client.get(`/v1/events/${created[1]}`)).body;
    const query = `tenantId=${tenant.id}`;

    const events = await allPages(`/v1/events?${query}`, 2);
    expect(events.map((page) => page.length)).toEqual([2, 1]);
    expect(ids(events.flat())).toEqual(created.toReversed());
    expect(events[0]?.[0]).not.toHaveProperty('data');
    expect(events.flat()[1]).toMatchObject({
      occurredAt: middle.occurredAt,
      publishedAt: middle.publishedAt,
    });
    expect(middle.data).toEqual({ type: 'list.b' });

    const eventIds = async (filter: string) => ids((await client.get(`/v1/events?${filter}`)).body.data);
    expect(await eventIds('type=list.a')).toEqual([created[2], created[0]]);
    expect(await eventIds(`from=${middle.publishedAt}`)).toContain(created[2]);
    expect(await eventIds(`to=${encodeURIComponent('2020-01-01T00:00:00+01:00')}`)).toEqual([]);
    for (const [from, to] of [
      ['1900-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
      ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59+14:00'],
      ['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59Z'],
    ] as const)
      expect(await eventIds(new URLSearchParams({ from, to }).toString())).toHaveLength(3);
    expect(await eventIds('from=9999-01-01T00:00:00Z')).toEqual([]);

    const deliveries = await allPages(`/v1/deliveries?${query}`, 2);
    expect(deliveries.map((page) => page.length)).toEqual([2, 1]);
    expect(new Set(deliveries.flat().map(({ eventId }) => eventId))).toEqual(new Set(created));
    const count = async (filter: string) => (await client.get(`/v1/deliveries?${filter}`)).body.data.length;
    expect(await count(`webhookId=${webhookId}`)).toBe(3);
    expect(await count('eventType=list.b')).toBe(1);
    expect(await count('status=pending')).toBe(3);
    expect(await count('status=failed')).toBe(0);
    expect(await count('status=failed,pending')).toBe(3);
    expect(await count('status=held,retrying')).toBe(0);
    expect(await count('responseStatus=5xx,none')).toBe(0);
    expect(await count('status=pending&responseStatus=503')).toBe(0);
    for (const filter of [
      'status=lost',
      'status=failed,',
      'status=',
      'responseStatus=6xx',
      'responseStatus=50',
    ])
      expect(await client.get(`/v1/deliveries?${filter}`)).toMatchObject({
        status: 422,
        body: { code: 'invalid_input', errors: [{ path: filter.split('=')[0] }] },
      });
    expect(
      await count(
        `webhookId=${webhookId}&eventType=list.a&status=pending&from=${middle.publishedAt.slice(0, 10)}T00:00:00Z`,
      ),
    ).toBe(2);
    expect(await count('to=2020-01-01T00:00:00Z')).toBe(0);
    const ofEvent = await client.get(`/v1/events/${created[1]}/deliveries`);
    expect(ofEvent.body.data).toMatchObject([
      { eventId: created[1], eventType: 'list.b', webhookId, status: 'pending' },
    ]);
  });

  it('of event types is sorted by name', async () => {
    for (const name of ['b.c', 'a', 'b', 'c']) await api.admin.post('/v1/event-types', { name });
    const pages = await allPages('/v1/event-types', 3);
    expect(pages.map((page) => page.map(({ name }) => name))).toEqual([['a', 'b', 'b.c'], ['c']]);
  });

  it('of tenants and keys is paged', async () => {
    for (const name of ['t1', 't2', 't3']) await api.admin.post('/v1/tenants', { name });
    expect((await allPages('/v1/tenants', 2)).flat().map(({ name }) => name)).toEqual([
      't3',
      't2',
      't1',
      'lists',
      'searched',
      'default',
    ]);
    const keys = await allPages('/v1/api-keys', 2);
    expect(keys.flat().map(({ name }) => name)).toEqual([
      't3',
      't2',
      't1',
      'lists',
      'searched',
      'POSTHORN_ADMIN_KEY',
    ]);
  });

  it('of rejected events shows a tenant its own, and global admins those without a tenant', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'pushes' });
    const { rows } = await api.deps.pool.query<{ id: string }>("SELECT id FROM tenant WHERE name = 'pushes'");
    const insert = `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
      VALUES (posthorn_uuidv7(), $1, 'queue', $2, 'wrong', '{}')`;
    await api.deps.pool.query(insert, [rows[0]?.id, 'theirs']);
    await api.deps.pool.query(insert, [null, 'withoutTenant']);
    const codes = async (client: typeof api.admin, query = '') =>
      (await client.get(`/v1/rejected-events${query}`)).body.data.map(({ code }: { code: string }) => code);
    expect(await codes(api.client(tenant.key))).toEqual(['theirs']);
    expect(await codes(api.admin)).toEqual(['withoutTenant']);
    expect(await codes(api.admin, `?tenantId=${tenant.id}`)).toEqual(['theirs']);
  });
});

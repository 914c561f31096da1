import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, newId } from '@posthorn/core';
import { MAX_COUNTED } from '@posthorn/database/deliveries/prisma';
import { MAX_READ_BODY_BYTES } from '@posthorn/database/events';
import { addSettledRows, deliveriesOf, drop, settle, type Settled } from '@posthorn/database/fixtures';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
const NONE = { total: 0, pending: 0, succeeded: 0, failed: 0, dropped: 0 };

let reader: CheckedClient;
beforeAll(async () => {
  await api.admin.post('/v1/event-types', { name: 'order.paid', searchKeys: ['/order/id', '/skus'] });
  const { body } = await api.admin.post('/v1/api-keys', { scopes: ['events:read'] });
  reader = api.client(body.key);
});

async function publish(data: object, type = 'order.paid'): Promise<string> {
  return (await api.admin.post('/v1/events', { type, data })).body.id;
}

/** Returns the event as the list, the call for one event, and the search show it. */
async function shown(id: string, client = api.admin) {
  const listed = (await client.get('/v1/events')).body.data.find((event: { id: string }) => event.id === id);
  const got = (await client.get(`/v1/events/${id}`)).body;
  const found = (await client.get(`/v1/search?q=${id}`)).body.data[0].event;
  return [listed, got, found].map(({ deliveries, searchValues }) => ({ deliveries, searchValues }));
}

async function expectShown(id: string, outcome: object, client = api.admin): Promise<void> {
  for (const each of await shown(id, client)) expect(each).toMatchObject(outcome);
}

const deliveryOf = (webhook: string, event: string) =>
  deliveriesOf(api.deps.pool, {
    webhookId: decodeId('webhook', webhook) ?? '',
    eventId: decodeId('event', event) ?? '',
  });

const setStatus = async (webhookId: string, eventId: string, status: Settled) =>
  settle(api.deps.pool, await deliveryOf(webhookId, eventId), status);

describe('an event', () => {
  it('has the number of its deliveries by status', async () => {
    const id = await publish({});
    await expectShown(id, { deliveries: NONE });
    const webhooks = [];
    for (let count = 0; count < 4; count += 1)
      webhooks.push((await createActiveWebhook(api.admin, receiver, { eventTypes: ['order.paid'] })).id);
    const delivered = await publish({});
    const [first = '', second = '', third = ''] = webhooks;
    await setStatus(first, delivered, 'succeeded');
    await setStatus(second, delivered, 'failed');
    await setStatus(third, delivered, 'dropped');
    await expectShown(delivered, {
      deliveries: { total: 4, pending: 1, succeeded: 1, failed: 1, dropped: 1 },
    });
    await expectShown(id, { deliveries: NONE });
  });

  it('of which many webhooks have a delivery is counted up to a limit', async () => {
    const id = await publish({}, 'many.webhooks');
    await addSettledRows(
      api.deps.pool,
      Array.from({ length: MAX_COUNTED + 1 }, () => ({
        eventId: decodeId('event', id) ?? '',
        webhookId: newId(),
        status: 'succeeded',
      })),
    );
    await expectShown(id, { deliveries: { total: MAX_COUNTED, succeeded: MAX_COUNTED } });
  });

  it('has the values at its search keys', async () => {
    const id = await publish({ order: { id: 4711 }, skus: ['s1', ' s2 '], other: 'x' });
    const searchValues = [
      { key: '/order/id', value: '4711' },
      { key: '/skus', value: 's1' },
      { key: '/skus', value: 's2' },
    ];
    expect((await shown(id)).map((event) => event.searchValues)).toEqual([
      searchValues,
      searchValues,
      searchValues,
    ]);
    await expectShown(await publish({ order: { id: 1 } }, 'other.type'), { searchValues: [] });
    const large = await publish({ order: { id: 'large' }, text: 'x'.repeat(MAX_READ_BODY_BYTES) });
    await expectShown(large, { searchValues: [] });
    const long = await publish({ text: 'x'.repeat(2000), order: { id: 'long' } });
    await expectShown(long, { searchValues: [{ key: '/order/id', value: 'long' }] });
  });

  it('has no deliveries for a key that may not read them', async () => {
    const id = await publish({ order: { id: 'A' } });
    for (const event of await shown(id, reader))
      expect(event).toEqual({ deliveries: undefined, searchValues: [{ key: '/order/id', value: 'A' }] });
  });

  it('does not count deliveries to a shadow for a tenant', async () => {
    const { id: webhookId } = await createActiveWebhook(api.admin, receiver, { eventTypes: ['shadowed'] });
    const id = await publish({}, 'shadowed');
    await drop(api.deps.pool, await deliveryOf(webhookId, id), 'shadow');
    const { body } = await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes: ['admin'] });
    await expectShown(id, { deliveries: { total: 1, dropped: 1 } });
    await expectShown(id, { deliveries: NONE }, api.client(body.key));
  });
});

describe('the description of a webhook', () => {
  it('is returned by the search, and by the explanation of an event, with its URL', async () => {
    const description = 'Warehouse Berlin';
    const { id } = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['described.*'],
      description,
    });
    for (const q of [id, 'warehouse'])
      expect((await api.admin.get(`/v1/search?q=${q}`)).body.data).toMatchObject([{ id, description }]);
    const event = await publish({}, 'described.a');
    const explanation = (await api.admin.get(`/v1/events/${event}/explain?matched=true`)).body.data;
    expect(explanation).toMatchObject([{ webhookId: id, description }]);
    const withoutWebhooks = (await reader.get(`/v1/events/${event}/explain?matched=true`)).body.data;
    expect(withoutWebhooks).toMatchObject([{ webhookId: id }]);
    expect(withoutWebhooks[0]).not.toHaveProperty('description');
  });
});

// The feed of a webhook: its entries, where it can be read, and its cursor.
import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { idFloor } from '@posthorn/database/ids';
import { Webhook } from 'standardwebhooks';
import { createFeedWebhook, type FeedWebhook, settle } from './feed-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

type Entry = { sequence: number; status: string; reason: string | null; body: string | null } & Record<
  string,
  unknown
>;

const numbersOf = ({ body }: { body: { entries: Entry[] } }) => body.entries.map(({ sequence }) => sequence);

/** Publishes events, one after the other. */
async function publish(webhook: FeedWebhook, count: number, data?: object): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await webhook.publish(data));
  return ids;
}

const changeHistory = (webhook: FeedWebhook) =>
  api.deps.pool.query(`UPDATE webhook_sequence SET history = 'another' WHERE webhook_id = $1`, [
    webhook.uuid,
  ]);

const setCursor = (webhook: FeedWebhook, sequence: unknown) =>
  api.admin.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence });

describe('the entries of a feed', () => {
  it('are all deliveries in their order, whatever became of them', async () => {
    const webhook = await createFeedWebhook(api, receiver, { ordering: 'strict' });
    const events = await publish(webhook, 6);
    await settle(api, webhook, { sequence: 1, status: 'succeeded' });
    await settle(api, webhook, { sequence: 2, status: 'failed', reason: 'exhausted' });
    await settle(api, webhook, { sequence: 4, status: 'dropped', reason: 'skipped' });
    const { status, body } = await webhook.feed();
    expect(status).toBe(200);
    expect(body).toMatchObject({ last: 6, cursor: null });
    expect(
      body.entries.map((entry: Entry) => [entry.sequence, entry.status, entry.reason, entry['eventId']]),
    ).toEqual([
      [1, 'succeeded', null, events[0]],
      [2, 'failed', 'exhausted', events[1]],
      [3, 'pending', null, events[2]],
      [4, 'dropped', 'skipped', events[3]],
      [5, 'pending', null, events[4]],
      [6, 'pending', null, events[5]],
    ]);
  });

  it('are read page by page, also over days, and a delivery is the one with its id', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await publish(webhook, 5);
    // Yesterday's partition.
    const yesterday = idFloor(Date.now() - 86_400_000);
    await settle(api, webhook, { sequence: 1, status: 'succeeded' });
    await api.deps.pool.query('UPDATE settled_delivery SET id = $2 WHERE webhook_id = $1 AND sequence = 1', [
      webhook.uuid,
      yesterday,
    ]);
    await settle(api, webhook, { sequence: 2, status: 'succeeded' });
    const pages = [
      await webhook.feed('?limit=2'),
      await webhook.feed('?limit=2&after=2'),
      await webhook.feed('?limit=2&after=4'),
    ];
    expect(pages.map(numbersOf)).toEqual([[1, 2], [3, 4], [5]]);
    const second = pages[0]?.body.entries[1];
    const delivery = (await api.admin.get(`/v1/deliveries/${second.deliveryId}`)).body;
    expect(delivery).toMatchObject({
      sequence: 2,
      eventId: second.eventId,
      eventType: second.eventType,
      webhookId: webhook.id,
    });
    expect(numbersOf(await webhook.feed('?after=5'))).toEqual([]);
  });

  it('have the headers and the body of a request, which the Standard Webhooks library verifies', async () => {
    const webhook = await createFeedWebhook(api, receiver, { headers: { 'x-token': 'of the receiver' } });
    const eventId = await webhook.publish({ amount: 5 });
    const event = (await api.admin.get(`/v1/events/${eventId}`)).body;
    const [entry] = (await webhook.feed()).body.entries;
    expect(entry).toMatchObject({ eventId, eventType: webhook.type, publishedAt: event.publishedAt });
    expect(entry.headers).toEqual({
      'content-type': 'application/json',
      'webhook-id': eventId,
      'webhook-timestamp': expect.stringMatching(/^\d+$/),
      'webhook-signature': expect.stringMatching(/^v1,/),
      'webhook-sequence': '1',
    });
    expect(new Webhook(webhook.secret).verify(entry.body, entry.headers)).toMatchObject({
      id: eventId,
      type: webhook.type,
      data: { amount: 5 },
    });
  });

  it('have the delivery format of the webhook', async () => {
    const secret = 'a secret of my own';
    const webhook = await createFeedWebhook(api, receiver, {
      secret,
      deliveryFormat: {
        body: { template: '{"event":{type}}' },
        headers: { id: 'X-Event-Id' },
        signatures: ['github'],
      },
    });
    const eventId = await webhook.publish();
    const [{ headers, body }] = (await webhook.feed()).body.entries;
    expect(JSON.parse(body)).toEqual({ event: webhook.type });
    expect(headers).toMatchObject({ 'x-event-id': eventId, 'webhook-sequence': '1' });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${signature}`);
  });

  it('have no body when the event has expired, and keep their status', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const [first] = await publish(webhook, 2);
    await settle(api, webhook, { sequence: 1, status: 'failed', reason: 'payload_expired' });
    await api.deps.pool.query(
      'DELETE FROM event WHERE id = (SELECT event_id FROM settled_delivery WHERE webhook_id = $1)',
      [webhook.uuid],
    );
    const [expired, other] = (await webhook.feed()).body.entries;
    expect(expired).toMatchObject({
      sequence: 1,
      status: 'failed',
      reason: 'payload_expired',
      eventId: first,
      eventType: null,
      body: null,
      headers: { 'webhook-id': first, 'webhook-sequence': '1' },
    });
    expect(other.body).toEqual(expect.any(String));
  });

  it('end a page before their bodies exceed 4 MB', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await publish(webhook, 19, { text: 'x'.repeat(240_000) });
    const { entries } = (await webhook.feed('?limit=100')).body;
    expect(entries).toHaveLength(17);
    expect(numbersOf(await webhook.feed('?limit=100&after=17'))).toEqual([18, 19]);
  });

  it('of a suspended epoch are shown as dropped before they are dropped', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await webhook.publish();
    await api.admin.post(`/v1/webhooks/${webhook.id}/suspend`);
    await api.admin.post(`/v1/webhooks/${webhook.id}/reactivate`);
    await webhook.publish();
    const { entries } = (await webhook.feed()).body;
    expect(entries.map((entry: Entry) => [entry.sequence, entry.status, entry.reason])).toEqual([
      [1, 'dropped', 'suspended'],
      [2, 'pending', null],
    ]);
  });
});

describe('a feed cannot be read', () => {
  it('of a webhook that does not number its deliveries', async () => {
    const webhook = await createFeedWebhook(api, receiver, { sequence: false });
    const { status, body } = await webhook.feed();
    expect([status, body.code]).toEqual([409, 'invalid_state']);
    expect(body.detail).toContain('`sequence`');
    const cursor = await api.admin.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 0 });
    expect([cursor.status, cursor.body.code]).toEqual([409, 'invalid_state']);
  });

  it('of a webhook that is not active', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await api.admin.post(`/v1/webhooks/${webhook.id}/suspend`);
    expect((await webhook.feed()).body).toMatchObject({
      status: 409,
      code: 'invalid_state',
      webhookStatus: 'suspended',
    });
    await api.admin.delete(`/v1/webhooks/${webhook.id}`);
    expect((await webhook.feed()).status).toBe(404);
    const { body } = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['a'],
      sequence: true,
    });
    const pending = await api.admin.get(`/v1/webhooks/${body.id}/feed`);
    expect(pending.body).toMatchObject({ status: 409, webhookStatus: 'pending_validation' });
  });

  it('ahead of the last number', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    expect((await webhook.feed('?after=1')).body).toMatchObject({
      status: 409,
      code: 'cursor_ahead',
      last: 0,
    });
    expect((await webhook.feed(`?after=${10 ** 15}`)).body).toMatchObject({
      status: 409,
      last: 0,
    });
    await publish(webhook, 2);
    expect((await webhook.feed('?after=3&wait=30')).body).toMatchObject({
      status: 409,
      code: 'cursor_ahead',
      last: 2,
    });
  });

  it.each(['after=-1', 'after=x', 'after=9007199254740993', 'limit=0', 'limit=101', 'wait=31', 'wait=1.5'])(
    'with %s',
    async (query) => {
      const webhook = await createFeedWebhook(api, receiver);
      const { status, body } = await webhook.feed(`?${query}`);
      expect([status, body.errors[0].code]).toEqual([422, 'out_of_range']);
    },
  );
});

describe('entries that have expired', () => {
  let webhook: FeedWebhook;
  const expire = (...sequences: number[]) =>
    api.deps.pool.query('DELETE FROM pending_delivery WHERE webhook_id = $1 AND sequence = ANY ($2)', [
      webhook.uuid,
      sequences,
    ]);
  beforeAll(async () => {
    webhook = await createFeedWebhook(api, receiver);
    await publish(webhook, 6);
    await expire(1, 2, 4);
  });

  it('give 410 with the first number that is left', async () => {
    expect((await webhook.feed('?after=0')).body).toMatchObject({
      status: 410,
      code: 'feed_expired',
      firstSequence: 3,
    });
    expect((await webhook.feed('?after=1')).body).toMatchObject({ status: 410, firstSequence: 3 });
  });

  it('are left out for a new reader', async () => {
    expect(numbersOf(await webhook.feed())).toEqual([3]);
  });

  it('end a page, so that none is left out in silence', async () => {
    expect(numbersOf(await webhook.feed('?after=2'))).toEqual([3]);
    expect((await webhook.feed('?after=3')).body).toMatchObject({ status: 410, firstSequence: 5 });
    expect(numbersOf(await webhook.feed('?after=4'))).toEqual([5, 6]);
  });

  it('give 410 also if none is left', async () => {
    await expire(5, 6);
    expect((await webhook.feed('?after=4')).body).toMatchObject({ status: 410, firstSequence: 7 });
    expect(numbersOf(await webhook.feed('?after=6'))).toEqual([]);
    await expire(3);
    const next = webhook.feed('?wait=30');
    await webhook.publish();
    expect(numbersOf(await next)).toEqual([7]);
  });
});

describe('numbers that were left out after a failover', () => {
  it('are no gap, wherever in them a reader is', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await publish(webhook, 2);
    await changeHistory(webhook);
    await publish(webhook, 2);
    const [, , third = 0] = numbersOf(await webhook.feed());
    expect(third).toBeGreaterThan(1_000_002);
    expect(numbersOf(await webhook.feed())).toEqual([1, 2, third, third + 1]);
    for (const after of [2, 3, 500_000, third - 1])
      expect(numbersOf(await webhook.feed(`?after=${after}`))).toEqual([third, third + 1]);
    await changeHistory(webhook);
    await webhook.publish();
    const { last } = (await webhook.feed('?after=1')).body;
    expect(last).toBeGreaterThan(third + 1_000_000);
    expect(numbersOf(await webhook.feed('?after=1'))).toEqual([2, third, third + 1, last]);
  });

  it('do not hide an entry before them that has expired', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await publish(webhook, 2);
    await changeHistory(webhook);
    await webhook.publish();
    await api.deps.pool.query('DELETE FROM pending_delivery WHERE webhook_id = $1 AND sequence = 2', [
      webhook.uuid,
    ]);
    const { last } = (await webhook.feed('?after=2')).body;
    expect((await webhook.feed('?after=1')).body).toMatchObject({ status: 410, firstSequence: last });
  });
});

describe('the cursor of a feed', () => {
  it('is where reading continues, may go back, and is above no given number', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    expect(await setCursor(webhook, 0)).toMatchObject({ status: 200, body: { cursor: 0, last: 0 } });
    await publish(webhook, 3);
    expect(await setCursor(webhook, 2)).toMatchObject({ status: 200, body: { cursor: 2, last: 3 } });
    const page = await webhook.feed();
    expect([numbersOf(page), page.body.cursor]).toEqual([[3], 2]);
    expect((await setCursor(webhook, 4)).body).toMatchObject({ status: 409, code: 'cursor_ahead', last: 3 });
    await setCursor(webhook, 1);
    expect(numbersOf(await webhook.feed())).toEqual([2, 3]);
    expect(numbersOf(await webhook.feed('?after=0'))).toEqual([1, 2, 3]);
    await webhook.publish();
    expect((await webhook.feed('?after=3')).body).toMatchObject({ cursor: 1, last: 4 });
  });

  it('is a whole number', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    for (const sequence of [-1, 1.5, 'x', undefined])
      expect((await setCursor(webhook, sequence)).status).toBe(422);
  });
});

import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId } from '@posthorn/core';
import { loadDeliveries, settleDeliveries } from '@posthorn/database/deliveries';
import { aggregateStats } from '@posthorn/database/statistics';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { VERSION } from '../src/version.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
let tenant: CheckedClient;
beforeAll(async () => {
  const { body } = await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes: ['admin'] });
  tenant = api.client(body.key);
});

let count = 0;

async function newShadow(fields: Record<string, unknown> = {}): Promise<{ id: string; type: string }> {
  count += 1;
  const type = `shadow.of.${count}`;
  const { id } = await createActiveWebhook(api.admin, receiver, {
    eventTypes: [type],
    shadow: true,
    ...fields,
  });
  return { id, type };
}

async function publish(type: string, fields: object = {}): Promise<string> {
  const { body } = await api.admin.post('/v1/events', { type, data: { n: 1 }, ...fields });
  return body.id;
}

const deliveriesOf = async (id: string, client = api.admin) =>
  (await client.get(`/v1/deliveries?webhookId=${id}`)).body.data;

/** Settles the pending deliveries of shadows as a worker does. */
async function work(): Promise<void> {
  const { rows } = await api.deps.pool.query<{ id: string }>('SELECT id FROM pending_delivery');
  const loaded = await loadDeliveries(
    api.deps.pool,
    rows.map(({ id }) => id),
  );
  await settleDeliveries(
    api.deps.pool,
    loaded.flatMap((each) =>
      typeof each === 'object' && each.webhook.sentFromEpoch === null
        ? [
            {
              deliveryId: each.delivery.id,
              epoch: each.delivery.epoch,
              status: 'dropped',
              reason: 'shadow',
            } as const,
          ]
        : [],
    ),
  );
}

const dropped = { status: 'dropped', reason: 'shadow', attemptCount: 0 };

describe('a shadow', () => {
  it('is created, set, ended and kept by a replacement', async () => {
    const { id } = await newShadow({ externalId: 'shadowed' });
    const path = `/v1/webhooks/${id}`;
    expect((await api.admin.get(path)).body).toMatchObject({ status: 'active', shadow: true });
    expect((await api.admin.patch(path, { description: 'x' })).body.shadow).toBe(true);
    const put = (fields: object = {}) =>
      api.admin.put('/v1/webhooks/ext:shadowed', { url: receiver.url, eventTypes: ['a.b'], ...fields });
    expect((await put()).body).toMatchObject({ shadow: true, description: null });
    expect((await put({ shadow: false })).body.shadow).toBe(false);
    expect((await api.admin.patch(path, { shadow: true })).body.shadow).toBe(true);
    const { body } = await api.admin.get(`/v1/audit-entries?target=${id}&action=webhook.updated&limit=1`);
    expect(body.data).toMatchObject([{ before: { shadow: false }, after: { shadow: true } }]);
  });

  it('ends pending deliveries when it begins and when it ends, and nothing is retroactive', async () => {
    const { id, type } = await newShadow({ shadow: false });
    await publish(type);
    const begun = await api.admin.patch(`/v1/webhooks/${id}`, { shadow: true });
    expect(await deliveriesOf(id)).toMatchObject([dropped]);
    await publish(type);
    const ended = await api.admin.patch(`/v1/webhooks/${id}`, { shadow: false });
    expect(await deliveriesOf(id)).toMatchObject([dropped, dropped]);
    expect(Date.parse(ended.body.activeSince)).toBeGreaterThan(Date.parse(begun.body.activeSince));
    const eventId = await publish(type);
    expect(await deliveriesOf(id)).toMatchObject([{ eventId, status: 'pending' }, dropped, dropped]);
  });

  it('is explained, and counts in no statistics and no recovery', async () => {
    const { id, type } = await newShadow();
    const eventId = await publish(type);
    await work();
    expect((await api.admin.get(`/v1/events/${eventId}/explain?matched=true`)).body.data).toMatchObject([
      { webhookId: id, matched: true, reason: 'shadow' },
    ]);
    const now = Date.now();
    await aggregateStats(api.deps.pool, { from: new Date(now - 120_000), to: new Date(now + 120_000) });
    const stats = await api.admin.get(`/v1/stats?webhookId=${id}`);
    expect(stats.body.total).toMatchObject({ dropped: 0, attempts: 0 });
    const since = new Date(now - 60_000).toISOString();
    const recovery = { since, webhookId: id, includeDropped: true, dryRun: true };
    expect((await api.admin.post('/v1/recoveries', recovery)).body).toMatchObject({ total: 0 });
  });

  it('is neither set nor seen by the tenant', async () => {
    const { id, type } = await newShadow();
    const eventId = await publish(type);
    await work();
    const [delivery] = await deliveriesOf(id);
    for (const shadow of [true, false])
      expect(await tenant.patch(`/v1/webhooks/${id}`, { shadow })).toMatchObject({ status: 403 });
    expect(
      await tenant.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], shadow: true }),
    ).toMatchObject({ status: 403 });
    expect(await tenant.patch(`/v1/webhooks/${id}`, { description: 'theirs' })).toMatchObject({
      status: 200,
      body: { shadow: null },
    });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.shadow).toBe(true);
    expect(await deliveriesOf(id, tenant)).toEqual([]);
    expect((await tenant.get(`/v1/deliveries?eventType=${type}`)).body.data).toEqual([]);
    expect((await tenant.get(`/v1/deliveries/${delivery.id}`)).status).toBe(404);
    expect((await tenant.get(`/v1/events/${eventId}/deliveries`)).body.data).toEqual([]);
    const explained = await tenant.get(`/v1/events/${eventId}/explain`);
    expect(JSON.stringify(explained.body)).not.toContain('shadow"');
    const audit = await tenant.get(`/v1/audit-entries?target=${id}`);
    expect(audit.body.data.length).toBeGreaterThan(1);
    expect(JSON.stringify(audit.body)).not.toContain('"shadow"');
  });
});

const SECRET = 'the secret of the old system';
const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex');

describe('a comparison', () => {
  const FORMAT = {
    body: 'data',
    headers: { fixed: { 'X-Version': 'Old/1', 'X-Old-Id': '{externalEventId}' } },
    signatures: ['stripe', 'github'],
  };
  const BODY = '{ "amount": 1.0 }';
  /** A request of the old system, at its own time. */
  const recorded = (headers: object = {}, body = BODY) => ({
    event: 'old-1',
    body,
    headers: {
      Host: 'receiver.example',
      'Content-Type': 'application/json',
      'User-Agent': `Posthorn/${VERSION}`,
      'X-Version': 'Old/1',
      'X-Old-Id': 'old-1',
      'X-Team': 'billing',
      'Stripe-Signature': `t=1700000000,v1=${hmac(`1700000000.${BODY}`)}`,
      'X-Hub-Signature-256': `sha256=${hmac(BODY)}`,
      ...headers,
    },
  });

  let id: string;
  let compare: (request: object) => ReturnType<CheckedClient['post']>;
  beforeAll(async () => {
    const shadow = await newShadow({
      deliveryFormat: FORMAT,
      headers: { 'X-Team': 'billing' },
      secret: SECRET,
      secretEncoding: 'text',
    });
    ({ id } = shadow);
    compare = (request) => api.admin.post(`/v1/webhooks/${id}/compare`, request);
    const published = await fetch(`${api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.adminKey}`, 'content-type': 'application/json' },
      body: `{"type":"${shadow.type}","idempotencyKey":"old-1","data":${BODY}}`,
    });
    expect(published.status).toBe(202);
  });

  it('finds no difference to an equal request, signed for its own time', async () => {
    const [delivery] = await deliveriesOf(id);
    expect(await compare(recorded())).toMatchObject({
      status: 200,
      body: {
        deliveryId: delivery.id,
        eventId: delivery.eventId,
        notMatched: null,
        equal: true,
        equalAsJson: true,
        body: null,
        headers: [],
      },
    });
    const byId = await compare({ ...recorded(), event: delivery.eventId });
    expect(byId.body.equal).toBe(true);
  });

  it('shows each difference, and no signature or custom header of Posthorn', async () => {
    const headers = {
      'Stripe-Signature': 't=1700000000,v1=00',
      'X-Team': 'sales',
      'X-Extra': '1',
      'X-Old-Id': '',
    };
    const { body } = await compare(recorded(headers, '{"amount":1}'));
    expect(body).toMatchObject({
      equal: false,
      body: { offset: 1, recorded: '{"amount":1}', composed: BODY, equalAsJson: true },
    });
    expect(body.headers).toEqual([
      {
        name: 'stripe-signature',
        recorded: 't=1700000000,v1=00',
        composed: '[redacted]',
        signatures: { recorded: 0, composed: 1, equal: 0 },
      },
      expect.objectContaining({ name: 'x-extra', recorded: '1', composed: null, signatures: null }),
      expect.objectContaining({ name: 'x-hub-signature-256' }),
      expect.objectContaining({ name: 'x-old-id', recorded: '', composed: 'old-1' }),
      expect.objectContaining({ name: 'x-team', recorded: 'sales', composed: '[redacted]' }),
    ]);
    expect((await compare(recorded({}, 'x'.repeat(2000)))).body.body).toMatchObject({
      offset: 0,
      recorded: 'x'.repeat(40),
      equalAsJson: false,
    });
  });

  it('says that a body is the same JSON, and compares the signatures for its bytes', async () => {
    const body = String.raw`{"amount":1.00}`;
    const signatures = {
      'Stripe-Signature': `t=1700000000,v1=${hmac(`1700000000.${body}`)}`,
      'X-Hub-Signature-256': `sha256=${hmac(body)}`,
    };
    const { body: same } = await compare(recorded(signatures, body));
    expect(same).toMatchObject({ equal: false, equalAsJson: true, body: { equalAsJson: true }, headers: [] });
    const other = String.raw`{"amount":9007199254740993}`;
    const { body: inexact } = await compare(recorded({}, other));
    expect(inexact).toMatchObject({ equalAsJson: false, body: { equalAsJson: false } });
  });

  it('says how many signatures are equal, without a secret', async () => {
    const one = hmac(`1700000000.${BODY}`);
    const signature = `t=1700000000,v1=${'0'.repeat(64)},v1=${one}`;
    const { body } = await compare(recorded({ 'Stripe-Signature': signature }));
    expect(body.headers).toEqual([
      {
        name: 'stripe-signature',
        recorded: signature,
        composed: '[redacted]',
        signatures: { recorded: 2, composed: 1, equal: 1 },
      },
    ]);
  });

  it('shows another id, and compares the signature for that id', async () => {
    const messageId = 'msg_4711';
    const { id: webhookId, type } = await newShadow({
      deliveryFormat: { body: 'envelope', signatures: ['svix'] },
      secret: SECRET,
      secretEncoding: 'text',
    });
    const eventId = await publish(type);
    const { body: event } = await api.admin.get(`/v1/events/${eventId}`);
    const body = JSON.stringify({ id: messageId, type, timestamp: event.occurredAt, data: { n: 1 } });
    const signed = createHmac('sha256', SECRET).update(`${messageId}.1700000000.${body}`).digest('base64');
    const headers = {
      'content-type': 'application/json',
      'user-agent': `Posthorn/${VERSION}`,
      'svix-id': messageId,
      'svix-timestamp': '1700000000',
      'svix-signature': `v1,${signed}`,
    };
    const compared = await api.admin.post(`/v1/webhooks/${webhookId}/compare`, {
      event: eventId,
      headers,
      body,
    });
    expect(compared.body).toMatchObject({
      equal: false,
      body: { offset: 7, recorded: expect.stringMatching(/^\{"id":"msg_/) },
      headers: [{ name: 'svix-id', recorded: messageId, composed: eventId }],
    });
  });

  it('shows why the event has no delivery to the webhook', async () => {
    const other = await newShadow();
    const filtered = await newShadow({ filter: { properties: { n: { const: 2 } } } });
    const eventId = await publish(filtered.type);
    const compareWith = async (webhookId: string) =>
      (await api.admin.post(`/v1/webhooks/${webhookId}/compare`, { ...recorded(), event: eventId })).body;
    expect(await compareWith(filtered.id)).toMatchObject({
      eventId,
      deliveryId: null,
      equal: false,
      notMatched: { reason: 'filtered_out', violation: { path: 'data.n', message: 'must be 2' } },
    });
    expect(await compareWith(other.id)).toMatchObject({
      deliveryId: null,
      notMatched: { reason: 'not_subscribed', violation: null },
    });
  });

  it('needs an event of the tenant, and an admin key of all tenants', async () => {
    expect(await compare({ ...recorded(), event: 'unknown' })).toMatchObject({ status: 422 });
    expect(
      await compare({ ...recorded(), event: encodeId('event', '01970000-0000-7000-8000-000000000001') }),
    ).toMatchObject({ status: 422 });
    expect(await tenant.post(`/v1/webhooks/${id}/compare`, recorded())).toMatchObject({ status: 403 });
  });

  it.each([
    ['no event', { event: '' }],
    ['a long body', { body: 'x'.repeat(2 ** 20 + 1) }],
    ['many headers', { headers: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`x-${n}`, ''])) }],
  ])('refuses %s', async (_case, fields) => {
    expect(await compare({ ...recorded(), ...fields })).toMatchObject({ status: 422 });
  });
});

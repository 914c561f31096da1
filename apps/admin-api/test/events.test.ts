import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

async function tenant(name: string): Promise<CheckedClient> {
  return api.client((await api.admin.post('/v1/tenants', { name })).body.key);
}

describe('an event', () => {
  it('is delivered once per webhook even if several patterns match', async () => {
    const client = await tenant('patterns');
    await createActiveWebhook(client, receiver, { eventTypes: ['a.b', 'a.*', '*', 'a.b'] });
    await createActiveWebhook(client, receiver, { eventTypes: ['a'] });
    const published = await client.post('/v1/events', { type: 'a.b', data: {} });
    expect(published.body.deliveries).toBe(1);
  });

  it('has the times of occurrence and of publication', async () => {
    const occurredAt = '2026-01-31T13:00:00.5+01:00';
    const { body } = await api.admin.post('/v1/events', { type: 'a.b', data: { n: 1 }, occurredAt });
    const event = (await api.admin.get(`/v1/events/${body.id}`)).body;
    expect(event).toMatchObject({ type: 'a.b', data: { n: 1 }, occurredAt: '2026-01-31T12:00:00.500Z' });
    expect(Math.abs(Date.parse(event.publishedAt) - Date.now())).toBeLessThan(60_000);
  });

  it('may have null in place of absent fields', async () => {
    const absent = { occurredAt: null, idempotencyKey: null, tenantId: null };
    const single = await api.admin.post('/v1/events', { type: 'a.null', data: {}, ...absent });
    expect(single.status).toBe(202);
    const batch = await api.admin.post('/v1/events/batch', {
      events: [{ type: 'a.null', data: {}, ...absent }],
    });
    expect(batch.body).toMatchObject({ accepted: [{ deliveries: 0 }], rejected: [] });
    const { body } = await api.admin.get(`/v1/events/${single.body.id}`);
    expect(body).toMatchObject({ occurredAt: body.publishedAt });
    expect((await api.admin.post('/v1/events', { type: 'a.null', data: null })).status).toBe(422);
  });

  it('must match the schema of its type as soon as it has one', async () => {
    const schema = { type: 'object', required: ['amount'], properties: { amount: { type: 'integer' } } };
    await api.admin.post('/v1/event-types', { name: 'order.paid' });
    expect((await api.admin.post('/v1/events', { type: 'order.paid', data: {} })).status).toBe(202);
    const changed = await api.admin.patch('/v1/event-types/order.paid', { schema, example: { amount: 1 } });
    expect(changed.body).toMatchObject({ schema, example: { amount: 1 } });
    expect(
      await api.admin.post('/v1/events', { type: 'order.paid', data: { amount: 'much' } }),
    ).toMatchObject({
      status: 422,
      body: { code: 'schema_violation', errors: [{ path: 'data.amount', message: expect.any(String) }] },
    });
    expect((await api.admin.post('/v1/events', { type: 'order.paid', data: { amount: 5 } })).status).toBe(
      202,
    );
    expect((await api.admin.delete('/v1/event-types/order.paid')).status).toBe(204);
    expect((await api.admin.post('/v1/events', { type: 'order.paid', data: {} })).status).toBe(202);
    expect((await api.admin.get('/v1/event-types/order.paid')).status).toBe(404);
    expect((await api.admin.delete('/v1/event-types/order.paid')).status).toBe(404);
    expect((await api.admin.patch('/v1/event-types/order.paid', {})).status).toBe(404);
  });

  it('type exists only once', async () => {
    const created = await api.admin.post('/v1/event-types', { name: 'twice', description: 'd', group: 'g' });
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'twice', description: 'd', group: 'g', schema: null },
    });
    expect((await api.admin.post('/v1/event-types', { name: 'twice' })).body.code).toBe('conflict');
    const cleared = await api.admin.patch('/v1/event-types/twice', { description: null });
    expect(cleared.body).toMatchObject({ description: null, group: 'g' });
  });
});

interface Rejected {
  index: number;
  message: string;
  errors: unknown[];
  errorsLeftOut?: number;
}

const unknown = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}-${'x'.repeat(120)}`, n]));

describe('a batch', () => {
  it('bounds the errors of all events together, also as a stored response', async () => {
    const client = await tenant('faulty');
    const counts = [150, ...Array.from({ length: 900 }, () => 20)];
    const events = [
      ...counts.map((count) => ({ type: 'a.b', data: {}, ...unknown(count) })),
      { type: 'a.b', data: {} },
    ];
    const headers = { 'idempotency-key': 'faulty' };
    const { status, body } = await client.post('/v1/events/batch', { events }, headers);
    expect(status).toBe(202);
    expect(body.accepted).toMatchObject([{ index: counts.length }]);
    const rejected: Rejected[] = body.rejected;
    expect(rejected.map(({ index }) => index)).toEqual(counts.map((_, index) => index));
    expect(rejected.map(({ errors, errorsLeftOut = 0 }) => errors.length + errorsLeftOut)).toEqual(counts);
    expect(rejected[0]).toMatchObject({ code: 'invalid_input', errorsLeftOut: 50 });
    expect(rejected[1]).not.toHaveProperty('errorsLeftOut');
    const errors = rejected.flatMap((each) => each.errors);
    expect(errors.length).toBeGreaterThan(500);
    expect(errors.length).toBeLessThanOrEqual(1000);
    expect(JSON.stringify(errors).length).toBeLessThan(270_000);
    // The others have their first error as a text.
    expect(rejected.at(-1)).toMatchObject({
      errors: [],
      message: expect.stringMatching(/^0-x+ is not a known field$/),
    });
    const stored = await api.deps.pool.query(
      'SELECT coalesce(max(octet_length(r::text)), 0)::integer AS length FROM request_idempotency r',
    );
    expect(stored.rows[0].length).toBeLessThan(2_000_000);
  });

  it('bounds the violations of schemas', async () => {
    const name = 'long.violation';
    const schema = { properties: { a: { const: 'x'.repeat(3000) } } };
    expect((await api.admin.post('/v1/event-types', { name, schema })).status).toBe(201);
    const events = Array.from({ length: 1000 }, () => ({ type: name, data: { a: 1 } }));
    const { body } = await api.admin.post('/v1/events/batch', { events });
    expect(body.rejected).toHaveLength(1000);
    expect(body.rejected[0]).toMatchObject({ code: 'schema_violation', errors: [{ path: 'data.a' }] });
    expect(body.rejected[999]).toMatchObject({ code: 'schema_violation', errors: [], errorsLeftOut: 1 });
  });

  it('accepts valid events and reports errors for the others', async () => {
    const client = await tenant('batch');
    await createActiveWebhook(client, receiver, { eventTypes: ['batch.*'] });
    const schema = { required: ['n'] };
    await api.admin.post('/v1/event-types', { name: 'batch.strict', schema });
    const events = [
      { type: 'batch.one', data: {} },
      { type: 'no good', data: {} },
      null,
      { type: 'batch.strict', data: {} },
      { type: 'other', data: {}, idempotencyKey: 'same' },
      { type: 'other', data: {}, idempotencyKey: 'same' },
      { type: 'batch.large', data: { text: 'x'.repeat(256 * 1024) } },
      { type: 'batch.unknown', data: {}, more: 1 },
    ];
    const { status, body } = await client.post('/v1/events/batch', { events });
    expect(status).toBe(202);
    expect(body.accepted.map(({ deliveries }: { deliveries: number }) => deliveries)).toEqual([1, 0, 0]);
    expect(body.accepted[1].id).toBe(body.accepted[2].id);
    expect(body.rejected).toMatchObject([
      { index: 1, code: 'invalid_input', errors: [{ path: 'type' }] },
      { index: 2, code: 'invalid_input' },
      { index: 3, code: 'schema_violation' },
      { index: 6, code: 'payload_too_large' },
      { index: 7, code: 'invalid_input', errors: [{ path: 'more' }] },
    ]);
    expect((await client.get('/v1/events')).body.data).toHaveLength(2);
  });

  it('with a key creates no duplicates even if the first response was lost', async () => {
    const client = await tenant('cut short');
    const batch = {
      events: [
        { type: 'batch.one', data: {} },
        { type: 'batch.two', data: {} },
      ],
    };
    const headers = { 'idempotency-key': 'batch-1' };
    const first = await client.post('/v1/events/batch', batch, headers);
    await api.deps.pool.query('DELETE FROM request_idempotency');
    const again = await client.post('/v1/events/batch', batch, headers);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    const [one, two] = first.body.accepted;
    const duplicates = [
      { ...one, duplicate: true },
      { ...two, duplicate: true },
    ];
    expect(again.body).toEqual({ accepted: duplicates, rejected: [] });
    expect((await client.get('/v1/events')).body.data).toHaveLength(2);
  });

  it('accepts a thousand events', async () => {
    const client = await tenant('thousand');
    const events = Array.from({ length: 1000 }, (_, n) => ({ type: 'many', data: { n } }));
    const { body } = await client.post('/v1/events/batch', { events });
    expect(body.accepted).toHaveLength(1000);
    expect(body.rejected).toEqual([]);
    const [newest] = (await client.get('/v1/events?limit=1')).body.data;
    expect(newest.id).toBe(body.accepted[999].id);
  });
});

describe('explain', () => {
  it('gives the reason for each webhook', async () => {
    const client = await tenant('explain');
    const make = (eventTypes: string[]) => createActiveWebhook(client, receiver, { eventTypes });
    const pending = await make(['why']);
    const other = await make(['other']);
    const unvalidated = await createWebhook(client, receiver, { eventTypes: ['why'] });
    const suspended = await make(['why']);
    await client.post(`/v1/webhooks/${suspended.id}/suspend`);
    const returned = await make(['why']);
    await client.post(`/v1/webhooks/${returned.id}/suspend`);
    const event = (await client.post('/v1/events', { type: 'why', data: {} })).body;
    await client.post(`/v1/webhooks/${returned.id}/reactivate`);
    const createdLater = await make(['other']);
    await client.patch(`/v1/webhooks/${other.id}`, { eventTypes: ['other', 'why'] });
    const dropped = await client.post(`/v1/webhooks/${pending.id}/suspend`);
    expect(dropped.body.droppedDeliveries).toBe(1);

    const { body } = await client.get(`/v1/events/${event.id}/explain`);
    expect(
      Object.fromEntries(
        body.data.map((row: { webhookId: string; reason: string }) => [row.webhookId, row.reason]),
      ),
    ).toEqual({
      [pending.id]: 'suspended',
      [other.id]: 'subscribed_later',
      [unvalidated.id]: 'pending_validation',
      [suspended.id]: 'suspended',
      [returned.id]: 'suspended',
      [createdLater.id]: 'created_later',
    });
    const matched = body.data.filter((row: { matched: boolean }) => row.matched);
    expect(matched).toMatchObject([{ webhookId: pending.id, deliveryId: expect.stringMatching(/^dlv_/) }]);
    const firstPage = await client.get(`/v1/events/${event.id}/explain?limit=4`);
    const rest = await client.get(
      `/v1/events/${event.id}/explain?limit=4&cursor=${firstPage.body.nextCursor}`,
    );
    expect([...firstPage.body.data, ...rest.body.data]).toEqual(body.data);

    const withDelivery = await client.get(`/v1/events/${event.id}/explain?matched=true`);
    expect(withDelivery.body.data).toEqual(matched);
    const without = `/v1/events/${event.id}/explain?matched=false&limit=3`;
    const first = await client.get(without);
    const second = await client.get(`${without}&cursor=${first.body.nextCursor}`);
    expect([...first.body.data, ...second.body.data]).toEqual(
      body.data.filter((row: { matched: boolean }) => !row.matched),
    );
  });

  it('shows webhook settings only with webhooks:read', async () => {
    const { id, key } = (await api.admin.post('/v1/tenants', { name: 'explain to producers' })).body;
    const filter = { required: ['amount'] };
    await createActiveWebhook(api.client(key), receiver, { eventTypes: ['why'], filter });
    const event = (await api.client(key).post('/v1/events', { type: 'why', data: {} })).body;
    const explained = async (scopes: string[]) => {
      const { body } = await api.admin.post('/v1/api-keys', { tenantId: id, scopes });
      return (await api.client(body.key).get(`/v1/events/${event.id}/explain`)).body.data;
    };
    for (const scopes of [['admin'], ['events:read', 'webhooks:read']])
      expect(await explained(scopes)).toMatchObject([
        { url: receiver.url, violation: { path: expect.any(String) } },
      ]);
    const [redacted] = await explained(['events:read']);
    expect(redacted).toMatchObject({ status: 'active', matched: false, reason: 'filtered_out' });
    expect(Object.keys(redacted)).not.toContain('url');
    expect(Object.keys(redacted)).not.toContain('violation');
  });

  it('includes deleted webhooks that matched the event', async () => {
    const client = await tenant('explain deleted');
    const { id } = await createActiveWebhook(client, receiver, { eventTypes: ['why'] });
    const event = (await client.post('/v1/events', { type: 'why', data: {} })).body;
    const before = await client.get(`/v1/events/${event.id}/explain`);
    expect(before.body.data).toMatchObject([
      { webhookId: id, reason: 'pending', matched: true, status: 'active' },
    ]);
    await client.delete(`/v1/webhooks/${id}`);
    const after = await client.get(`/v1/events/${event.id}/explain`);
    expect(after.body.data).toMatchObject([
      { webhookId: id, reason: 'deleted', matched: true, status: 'deleted' },
    ]);
  });
});

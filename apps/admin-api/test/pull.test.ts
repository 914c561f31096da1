// Webhooks that are read with their feeds. They get no requests.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

let count = 0;

async function newPull(fields: Record<string, unknown> = {}) {
  count += 1;
  const type = `pull.of${count}`;
  const { status, body } = await api.admin.post('/v1/webhooks', {
    delivery: 'pull',
    eventTypes: [type],
    ...fields,
  });
  expect(status).toBe(201);
  return { id: body.id as string, type, body, path: `/v1/webhooks/${body.id}` };
}

async function publish(type: string): Promise<string> {
  const { status, body } = await api.admin.post('/v1/events', { type, data: { n: 1 } });
  expect(status).toBe(202);
  return body.id;
}

const deliveriesOf = async (id: string, query = '') =>
  (await api.admin.get(`/v1/deliveries?webhookId=${id}${query}`)).body.data;
const suspend = (path: string) => api.admin.post(`${path}/suspend`);

const GETS_NO_REQUESTS = { code: 'invalid_state', reason: { code: 'webhook_pull' } };

const fieldErrors = (body: { errors?: { path: string; code: string }[] }) =>
  body.errors?.map(({ path, code }) => [path, code]);

describe('a webhook without a URL', () => {
  it('is active when it is created, with a secret, a filter and metadata, and can be read and found', async () => {
    const fields = { filter: { required: ['n'] }, metadata: { a: 1 }, description: 'Read by billing' };
    const { id, body, path } = await newPull(fields);
    const expected = { delivery: 'pull', url: null, status: 'active', validatedAt: null, sequence: false };
    expect(body).toMatchObject({ ...expected, ...fields, activeSince: expect.any(String) });
    expect(body.secret).toMatch(/^whsec_/);
    expect((await api.admin.get(path)).body).toMatchObject(expected);
    const { body: found } = await api.admin.get(`/v1/search?q=${id}`);
    expect(JSON.stringify(found)).toContain('Read by billing');
    const { body: audit } = await api.admin.get(`/v1/audit-entries?target=${id}`);
    expect(audit.data).toMatchObject([{ after: { delivery: 'pull', url: null } }]);
  });

  it('has available, numbered deliveries in lists, in the counts of the event and in its explanation', async () => {
    const { id, type } = await newPull();
    const ids = [await publish(type), await publish(type)];
    const entry = { status: 'available', reason: null, attemptCount: 0, nextAttemptAt: null };
    expect(await deliveriesOf(id)).toMatchObject([
      { ...entry, eventId: ids[1], sequence: 2 },
      { ...entry, eventId: ids[0], sequence: 1 },
    ]);
    expect(await deliveriesOf(id, '&status=available')).toHaveLength(2);
    expect(await deliveriesOf(id, '&status=pending,succeeded,failed,dropped')).toEqual([]);
    const { body: events } = await api.admin.get(`/v1/events?type=${type}`);
    expect(events.data[0].deliveries).toMatchObject({ total: 1, available: 1, pending: 0 });
    const { body: explained } = await api.admin.get(`/v1/events/${ids[0]}/explain?matched=true`);
    expect(explained.data).toMatchObject([{ webhookId: id, url: null, reason: 'available' }]);
    expect((await api.deps.pool.query('SELECT FROM pending_delivery')).rowCount).toBe(0);
  });

  it('is found by `delivery`, and is `numbered` as any webhook with a feed', async () => {
    const { id, type } = await newPull();
    const create = async (fields: object) =>
      (await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: [type], ...fields })).body;
    const pushed = [
      await create({}),
      await create({ sequence: true }),
      await create({ ordering: 'byKey' }),
      await create({ ordering: 'strict' }),
    ];
    expect(pushed.map(({ numbered }) => numbered)).toEqual([false, true, true, true]);
    const found = async (delivery: string) =>
      (await api.admin.get(`/v1/webhooks?delivery=${delivery}&eventType=${type}`)).body.data;
    expect(await found('pull')).toMatchObject([{ id, sequence: false, numbered: true }]);
    expect((await found('push')).map((webhook: { id: string }) => webhook.id)).toEqual(
      pushed.map((webhook) => webhook.id).toReversed(),
    );
    expect((await api.admin.get('/v1/webhooks?delivery=other')).status).toBe(422);
  });

  it('is read with its feed, signed with its secret, and stores a cursor', async () => {
    const { type, path, body } = await newPull();
    const id = await publish(type);
    const { body: feed } = await api.admin.get(`${path}/feed`);
    expect(feed).toMatchObject({ entries: [{ sequence: 1, eventId: id, status: 'available' }], last: 1 });
    const [{ headers, body: payload }] = feed.entries;
    expect(headers).toMatchObject({ 'webhook-id': id, 'webhook-sequence': '1' });
    const key = Buffer.from(body.secret.replace('whsec_', ''), 'base64');
    const signed = `${id}.${headers['webhook-timestamp']}.${payload}`;
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    const stored = await api.admin.post(`${path}/feed/cursor`, { sequence: 1 });
    expect(stored.body).toEqual({ cursor: 1, last: 1 });
    expect((await api.admin.get(`${path}/feed`)).body.entries).toEqual([]);
    await api.admin.patch(path, { delivery: 'push', url: receiver.url });
    expect((await api.admin.get(`${path}/feed`)).status).toBe(409);
  });

  it('counts among the deliveries of an event, also of one that is published again', async () => {
    const { type } = await newPull();
    const event = { type, data: { n: 1 }, idempotencyKey: `again-${type}` };
    const published = await api.admin.post('/v1/events', event);
    expect(published).toMatchObject({ status: 202, body: { deliveries: 1, duplicate: false } });
    const again = await api.admin.post('/v1/events', event);
    expect(again.body).toEqual({ ...published.body, duplicate: true });
  });

  it('gets nothing while it is suspended', async () => {
    const { id, type, path } = await newPull();
    expect((await suspend(path)).body).toMatchObject({ status: 'suspended', droppedDeliveries: 0 });
    await publish(type);
    expect((await api.admin.post(`${path}/reactivate`)).body).toMatchObject({ status: 'active', url: null });
    const eventId = await publish(type);
    expect(await deliveriesOf(id)).toMatchObject([{ eventId, sequence: 1 }]);
    expect((await api.admin.delete(path)).status).toBe(204);
    expect(await deliveriesOf(id)).toHaveLength(1);
  });

  it('has nothing to validate, to test, to retry, to skip, to replay, to recover or to compare', async () => {
    const { id, type, path } = await newPull();
    const eventId = await publish(type);
    const [{ id: deliveryId }] = await deliveriesOf(id);
    const range = { from: '2026-01-01T00:00:00Z', to: '2126-01-02T00:00:00Z' };
    expect((await api.admin.post(`${path}/test`, { eventType: type })).body).toMatchObject(GETS_NO_REQUESTS);
    expect((await api.admin.post(`${path}/replay`, range)).body).toMatchObject(GETS_NO_REQUESTS);
    const compared = { event: eventId, headers: {}, body: '' };
    expect((await api.admin.post(`${path}/compare`, compared)).body).toMatchObject(GETS_NO_REQUESTS);
    const delivery = `/v1/deliveries/${deliveryId}`;
    expect((await api.admin.post(`${delivery}/retry`)).body).toMatchObject(GETS_NO_REQUESTS);
    expect((await api.admin.get(`${delivery}/request`)).body).toMatchObject(GETS_NO_REQUESTS);
    expect((await api.admin.post(`${delivery}/skip`)).body.code).toBe('invalid_state');
    const { body: validation } = await api.admin.post(`${path}/validation`);
    expect(validation.reason).toEqual({ code: 'nothing_to_validate_active', params: {} });
    expect((await api.admin.post(`/v1/events/${eventId}/replay`)).body.total).toBe(0);
    const recovery = { webhookId: id, since: '2026-01-01T00:00:00Z', includeDropped: true };
    expect((await api.admin.post('/v1/recoveries', recovery)).body.total).toBe(0);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'available' }]);
  });

  it('has no settings that concern requests', async () => {
    const settings = {
      url: 'https://receiver.example/',
      headers: { 'x-a': 'b' },
      auth: { type: 'basic', username: 'posthorn', password: 'p' },
      retrySchedule: [5],
      timeoutMs: 5000,
      rateLimit: { limit: 1, perSeconds: 1 },
      maxInFlight: 5,
      autoSuspendAfterDays: 1,
      ordering: 'strict',
      onExhausted: 'block',
      maxBlockedMinutes: 5,
    };
    const expected = Object.keys(settings).toSorted();
    const input = { delivery: 'pull', eventTypes: ['a.b'], ...settings };
    for (const { body } of [
      await api.admin.post('/v1/webhooks', input),
      await api.admin.put('/v1/webhooks/ext:rejected', input),
    ]) {
      expect(fieldErrors(body)?.toSorted()).toEqual(expected.map((path) => [path, 'request_setting']));
    }
    const { path } = await newPull();
    const { body } = await api.admin.patch(path, { ...settings, headersApproved: true });
    expect(fieldErrors(body)?.toSorted()).toEqual(
      [...expected, 'headersApproved']
        .toSorted()
        .map((name) => [name, name === 'url' ? 'url_of_pull' : 'request_setting']),
    );
    // Defaults have no effect.
    const defaults = { timeoutMs: 10_000, ordering: 'none', headers: {}, rateLimit: null, maxInFlight: 100 };
    expect((await api.admin.patch(path, defaults)).status).toBe(200);
  });

  it('needs a URL to get requests', async () => {
    for (const fields of [{}, { delivery: 'push' }]) {
      const { body } = await api.admin.post('/v1/webhooks', { eventTypes: ['a.b'], ...fields });
      expect(fieldErrors(body)).toEqual([['url', 'required']]);
    }
    const { path } = await newPull();
    expect(fieldErrors((await api.admin.patch(path, { delivery: 'push' })).body)).toEqual([
      ['url', 'required'],
    ]);
  });

  it('is not replaced by an import', async () => {
    await newPull({ externalId: 'imported' });
    const { status, body } = await api.admin.put('/v1/webhooks/ext:imported/import', {
      url: receiver.url,
      eventTypes: ['a.b'],
      source: 'Svix',
      mode: 'replace',
    });
    expect({ status, ...body }).toMatchObject({ status: 409, ...GETS_NO_REQUESTS });
  });
});

const put = (fields: object) =>
  api.admin.put('/v1/webhooks/ext:replaced', { eventTypes: ['a.b'], ...fields });

describe('the change of how a webhook gets its events', () => {
  const settings = { headers: { 'x-a': 'b' }, ordering: 'strict', timeoutMs: 5000, description: 'kept' };

  it('removes the URL of a suspended webhook and resets the settings of requests', async () => {
    count += 1;
    const type = `pull.of${count}`;
    const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: [type], ...settings });
    const path = `/v1/webhooks/${id}`;
    await publish(type);
    expect((await api.admin.patch(path, { delivery: 'pull' })).body).toMatchObject({
      code: 'invalid_state',
      webhookStatus: 'active',
    });
    await suspend(path);
    const { body: changed } = await api.admin.patch(path, { delivery: 'pull' });
    const pull = { delivery: 'pull', url: null, pendingUrl: null, headerNames: [], timeoutMs: 10_000 };
    expect(changed).toMatchObject({ ...pull, status: 'suspended', ordering: 'none', description: 'kept' });
    const [dropped] = await deliveriesOf(id);
    expect(dropped).toMatchObject({ status: 'dropped', reason: 'suspended', sequence: 1 });
    await api.admin.post(`${path}/reactivate`);
    expect((await api.admin.post(`/v1/deliveries/${dropped.id}/retry`)).body).toMatchObject(GETS_NO_REQUESTS);
    await publish(type);
    // The numbers go on.
    expect(await deliveriesOf(id, '&status=available')).toMatchObject([{ sequence: 2 }]);
  });

  it('activates a webhook whose URL is not validated', async () => {
    const { body } = await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a.b'] });
    await api.admin.post(`/v1/webhooks/${body.id}/validation`);
    const { body: changed } = await api.admin.patch(`/v1/webhooks/${body.id}`, { delivery: 'pull' });
    expect(changed).toMatchObject({ status: 'active', url: null, activeSince: expect.any(String) });
    const confirmed = await api.admin.post(`/v1/webhooks/${body.id}/validation/confirm`, {
      code: 'WRONG234',
    });
    expect(confirmed.body.code).toBe('invalid_state');
  });

  it.each(['active', 'suspended'])(
    'validates the URL of an %s one like that of a new webhook',
    async (state) => {
      const { id, type, path } = await newPull();
      await publish(type);
      if (state === 'suspended') await suspend(path);
      const { body } = await api.admin.patch(path, { delivery: 'push', url: receiver.url });
      const pending = {
        delivery: 'push',
        url: receiver.url,
        status: 'pending_validation',
        activeSince: null,
      };
      expect(body).toMatchObject({ ...pending, suspendReason: null, suspendedAt: null });
      const unvalidated = await publish(type);
      await validateWebhook(api.admin, receiver, id);
      const { body: explained } = await api.admin.get(`/v1/events/${unvalidated}/explain`);
      expect(explained.data).toContainEqual(
        expect.objectContaining({ webhookId: id, reason: 'pending_validation' }),
      );
      await publish(type);
      expect(await deliveriesOf(id)).toMatchObject([
        { status: 'pending', sequence: null },
        { status: 'available', sequence: 1 },
      ]);
      const [, available] = await deliveriesOf(id);
      expect((await api.admin.post(`/v1/deliveries/${available.id}/retry`)).body).toMatchObject(
        GETS_NO_REQUESTS,
      );
      const range = { from: '2026-01-01T00:00:00Z', to: '2126-01-02T00:00:00Z', dryRun: true };
      expect((await api.admin.post(`${path}/replay`, range)).body.total).toBe(0);
    },
  );

  it('follows a replacement', async () => {
    expect((await put({ delivery: 'pull' })).body).toMatchObject({ status: 'active', url: null });
    expect((await put({ delivery: 'pull', description: 'x' })).body).toMatchObject({ description: 'x' });
    expect((await put({ url: receiver.url })).body).toMatchObject({
      delivery: 'push',
      status: 'pending_validation',
    });
  });
});

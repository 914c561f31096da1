// Deliveries that wait for each other. Their numbers and chains are written by SQL.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeId, encodeId, LIVE_CHAIN, newId } from '@posthorn/core';
import { idFloor } from '@posthorn/database/ids';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

/** In minutes. */
const RETENTION = 10_000;

const api = useApi({ maxBlockedMinutes: RETENTION });
const receiver = useReceiver(api);

let type = 0;

interface Ordered {
  webhookId: string;
  eventType: string;
  eventIds: string[];
  /** In the order of their numbers. */
  ids: string[];
}

/** Creates a webhook with a delivery for each of the keys, in this order. They have no jobs. */
async function ordered(keys: string[], chain = LIVE_CHAIN): Promise<Ordered> {
  const eventType = `ordered.type${(type += 1)}`;
  const ordering = keys[0] === '' ? 'strict' : 'byKey';
  const { id: webhookId } = await createActiveWebhook(api.admin, receiver, {
    eventTypes: [eventType],
    ordering,
  });
  // Ids of one millisecond have no order.
  const now = Date.now();
  const events = keys.map((_key, index) => idFloor(now - keys.length + index));
  const body = JSON.stringify({ type: eventType, timestamp: '2026-02-03T04:05:06.000Z', data: {} });
  await api.deps.pool.query(
    `INSERT INTO event (id, tenant_id, published_at, type, body)
     SELECT unnest($1::uuid[]), tenant_id, now(), $3, $4 FROM webhook WHERE id = $2`,
    [events, decodeId('webhook', webhookId), eventType, body],
  );
  const { rows } = await api.deps.pool.query<{ id: string }>(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, sequence, ordering_key, chain)
     SELECT posthorn_delivery_id(event_id), event_id, w.id, w.tenant_id, now(), w.epoch, 0, sequence, key, $4
     FROM webhook w, unnest($1::uuid[], $3::text[]) WITH ORDINALITY AS accepted (event_id, key, sequence)
     WHERE w.id = $2 ORDER BY sequence RETURNING id`,
    [events, decodeId('webhook', webhookId), keys, chain],
  );
  return {
    webhookId,
    eventType,
    eventIds: events.map((id) => encodeId('event', id)),
    ids: rows.map(({ id }) => encodeId('delivery', id)),
  };
}

const FIRST_ATTEMPT = '2026-02-03T04:05:06.000Z';

/** Puts a delivery in the state after two failed attempts. */
async function fail(id: string | undefined): Promise<void> {
  await api.deps.pool.query(
    `WITH failed AS (
       UPDATE pending_delivery SET attempt_count = 2, next_attempt_at = now() + interval '5 min' WHERE id = $1 RETURNING *
     )
     INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, number, started_at, duration_ms, response_status)
     SELECT attempt.id, failed.id, event_id, webhook_id, tenant_id, number, $4::timestamptz + (number - 1) * interval '1 min', 5, 500 + number
     FROM failed, (VALUES ($2::uuid, 1), ($3::uuid, 2)) AS attempt (id, number)`,
    [decodeId('delivery', id ?? ''), newId(), newId(), FIRST_ATTEMPT],
  );
}

const deliveryOf = async (id: string | undefined) => (await api.admin.get(`/v1/deliveries/${id}`)).body;
const blockedKeys = async (webhookId: string, query = '') =>
  (await api.admin.get(`/v1/webhooks/${webhookId}/blocked-keys${query}`)).body;
const blockedOf = async (webhookId: string) =>
  (await api.admin.get(`/v1/webhooks/${webhookId}`)).body.health.blocked;

describe('a delivery in order', () => {
  it('has a number and a key, and names the head that it waits for, also in lists', async () => {
    const { ids, eventIds, eventType, webhookId } = await ordered(['a', 'b', 'a', 'a']);
    const waiting = { sequence: 4, orderingKey: 'a', waitsFor: ids[0], nextAttemptAt: null };
    const all = [
      waiting,
      { sequence: 3, orderingKey: 'a', waitsFor: ids[0], nextAttemptAt: null },
      { sequence: 2, orderingKey: 'b', waitsFor: null, nextAttemptAt: expect.any(String) },
      { sequence: 1, orderingKey: 'a', waitsFor: null, nextAttemptAt: expect.any(String) },
    ];
    expect(await deliveryOf(ids[3])).toMatchObject({ id: ids[3], ...waiting });
    for (const query of [`webhookId=${webhookId}`, `eventType=${eventType}`])
      expect((await api.admin.get(`/v1/deliveries?${query}`)).body.data).toMatchObject(all);
    const ofEvent = await api.admin.get(`/v1/events/${eventIds[3]}/deliveries`);
    expect(ofEvent.body.data).toMatchObject([waiting]);
  });

  it('has no key if the order is strict, and no number without an order', async () => {
    const { ids } = await ordered(['', '']);
    expect(await deliveryOf(ids[1])).toMatchObject({ sequence: 2, orderingKey: null, waitsFor: ids[0] });
    await api.deps.pool.query(
      'UPDATE pending_delivery SET sequence = NULL, ordering_key = NULL, chain = NULL WHERE id = $1',
      [decodeId('delivery', ids[1] ?? '')],
    );
    expect(await deliveryOf(ids[1])).toMatchObject({ sequence: null, orderingKey: null, waitsFor: null });
  });

  it('waits for no delivery of another chain, webhook or key', async () => {
    const first = await ordered(['a', 'a']);
    await api.deps.pool.query('UPDATE pending_delivery SET chain = $2 WHERE id = $1', [
      decodeId('delivery', first.ids[0] ?? ''),
      newId(),
    ]);
    const second = await ordered(['b', 'a']);
    expect(await deliveryOf(first.ids[1])).toMatchObject({ waitsFor: null });
    expect(await deliveryOf(second.ids[1])).toMatchObject({ waitsFor: null });
  });

  it('can be skipped while it is pending, in a chain and of the current epoch, as `canSkip` says', async () => {
    const { ids, webhookId } = await ordered(['a', 'a', 'a', 'a']);
    await api.deps.pool.query('UPDATE pending_delivery SET chain = NULL, attempt_count = 1 WHERE id = $1', [
      decodeId('delivery', ids[1] ?? ''),
    ]);
    const expectSkip = async (id: string | undefined, status: number) => {
      expect((await deliveryOf(id)).canSkip).toBe(status === 200);
      expect((await skip(id)).status).toBe(status);
    };
    for (const [index, status] of [200, 409, 200].entries()) await expectSkip(ids[index], status);
    await expectSkip(ids[0], 409);
    expect((await deliveryOf(ids[3])).canSkip).toBe(true);
    await api.deps.pool.query('UPDATE webhook SET epoch = 1 WHERE id = $1', [decodeId('webhook', webhookId)]);
    await expectSkip(ids[3], 409);
  });

  it('is explained by the order if it waits', async () => {
    const { ids, eventIds, webhookId } = await ordered(['a', 'a']);
    await fail(ids[0]);
    const explained = async (eventId: string | undefined) => {
      const { data } = (await api.admin.get(`/v1/events/${eventId}/explain`)).body;
      return data.find((each: { webhookId: string }) => each.webhookId === webhookId);
    };
    expect(await explained(eventIds[1])).toMatchObject({ reason: 'waits_in_order', waitsFor: ids[0] });
    const head = await explained(eventIds[0]);
    expect(head).toMatchObject({ reason: 'retrying' });
    expect(head).not.toHaveProperty('waitsFor');
  });

  it('is not shown as waiting for one that a suspension drops', async () => {
    const { ids, webhookId } = await ordered(['a', 'a']);
    await fail(ids[0]);
    await api.deps.pool.query('UPDATE webhook SET epoch = 1 WHERE id = $1', [decodeId('webhook', webhookId)]);
    expect(await deliveryOf(ids[1])).toMatchObject({ status: 'dropped', waitsFor: null });
    await api.deps.pool.query('UPDATE pending_delivery SET epoch = 1 WHERE id = $1', [
      decodeId('delivery', ids[1] ?? ''),
    ]);
    expect(await deliveryOf(ids[1])).toMatchObject({ status: 'pending', waitsFor: null });
    expect(await api.admin.post(`/v1/deliveries/${ids[1]}/retry`)).toMatchObject({
      status: 409,
      body: { reason: { code: 'drops_unfinished' } },
    });
  });
});

describe('the retry of a delivery', () => {
  it('that waits for another is rejected, alone and among others', async () => {
    const { ids } = await ordered(['a', 'a']);
    await fail(ids[0]);
    const reason = { code: 'waits_for_delivery', params: { deliveryId: ids[0] } };
    expect(await api.admin.post(`/v1/deliveries/${ids[1]}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', reason, waitsFor: ids[0], deliveryStatus: 'pending' },
    });
    const { body } = await api.admin.post('/v1/deliveries/retry', { ids: [ids[1], ids[0]] });
    expect(body.results).toMatchObject([
      { id: ids[1], result: 'rejected', code: 'invalid_state', reason },
      { id: ids[0], result: 'retried' },
    ]);
  });
});

const skip = (id: string | undefined) => api.admin.post(`/v1/deliveries/${id}/skip`);

/** Returns the jobs that a call adds. */
async function jobsOf(call: () => Promise<unknown>) {
  const enqueue = jest.spyOn(api.deps.deliveries, 'enqueue');
  await call();
  const jobs = enqueue.mock.calls.flatMap(([added]) => added);
  enqueue.mockRestore();
  return jobs;
}

describe('a skipped delivery', () => {
  it('is dropped, and the job of the next one of its key is added', async () => {
    const { ids, webhookId } = await ordered(['a', 'b', 'a', 'a']);
    await fail(ids[0]);
    const jobs = await jobsOf(async () =>
      expect(await skip(ids[0])).toMatchObject({
        status: 200,
        body: { id: ids[0], status: 'dropped', reason: 'skipped', nextAttemptAt: null, waitsFor: null },
      }),
    );
    const next = decodeId('delivery', ids[2] ?? '');
    expect(jobs).toEqual([{ deliveryId: next, lane: 'fast', delayMs: 0, priority: 0, isNext: true }]);
    expect(await deliveryOf(ids[0])).toMatchObject({ status: 'dropped', reason: 'skipped' });
    expect(await deliveryOf(ids[2])).toMatchObject({ waitsFor: null });
    expect(await deliveryOf(ids[3])).toMatchObject({ waitsFor: ids[2] });
    expect(await blockedOf(webhookId)).toBeNull();
    const audit = await api.admin.get(`/v1/audit-entries?action=delivery.skipped&target=${ids[0]}`);
    expect(audit.body.data).toHaveLength(1);
  });

  it('may wait for another one, which stays the head', async () => {
    const { ids } = await ordered(['a', 'a', 'a']);
    await fail(ids[0]);
    const jobs = await jobsOf(async () =>
      expect((await skip(ids[1])).body).toMatchObject({ status: 'dropped', waitsFor: null }),
    );
    expect(jobs).toEqual([]);
    expect(await deliveryOf(ids[2])).toMatchObject({ waitsFor: ids[0] });
  });

  it('is skipped although its successor cannot be enqueued, which the reconciler does', async () => {
    const { ids } = await ordered(['a', 'a']);
    const enqueue = jest
      .spyOn(api.deps.deliveries, 'enqueue')
      .mockRejectedValue(new Error('Redis is unavailable'));
    expect(await skip(ids[0])).toMatchObject({ status: 200, body: { status: 'dropped' } });
    enqueue.mockRestore();
    expect(api.logs.join('')).toContain('failed to enqueue a job; the reconciler will retry');
  });

  it('is skipped once, also with an idempotency key', async () => {
    const { ids } = await ordered(['a', 'a']);
    const headers = { 'idempotency-key': `skip-${ids[0]}` };
    const path = `/v1/deliveries/${ids[0]}/skip`;
    const first = await api.admin.post(path, undefined, headers);
    expect(await api.admin.post(path, undefined, headers)).toMatchObject({ status: 200, body: first.body });
    expect(await skip(ids[0])).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', reason: { code: 'delivery_settled' } },
    });
  });

  it('is in order, and its webhook is active', async () => {
    const { ids, webhookId } = await ordered(['a', 'a']);
    await api.deps.pool.query('UPDATE pending_delivery SET chain = NULL WHERE id = $1', [
      decodeId('delivery', ids[0] ?? ''),
    ]);
    expect(await skip(ids[0])).toMatchObject({
      status: 409,
      body: { reason: { code: 'delivery_not_ordered' } },
    });
    await api.admin.post(`/v1/webhooks/${webhookId}/suspend`);
    expect(await skip(ids[1])).toMatchObject({
      status: 409,
      body: { reason: { code: 'webhook_suspended' }, webhookStatus: 'suspended' },
    });
    expect(await skip('dlv_01jw000000e008000000000001')).toMatchObject({ status: 404 });
  });
});

describe('blocked keys', () => {
  it('are the failed heads of a webhook, and count the deliveries that wait for them', async () => {
    const { ids, eventIds, eventType, webhookId } = await ordered(['a', 'b', 'c', 'a', 'a', 'b']);
    expect(await blockedKeys(webhookId)).toEqual({ data: [], nextCursor: null });
    await fail(ids[0]);
    await fail(ids[1]);
    await api.deps.pool.query('UPDATE pending_delivery SET held = true WHERE id = $1', [
      decodeId('delivery', ids[1] ?? ''),
    ]);
    const [held, failed] = [
      {
        orderingKey: 'b',
        deliveryId: ids[1],
        eventId: eventIds[1],
        sequence: 2,
        waiting: 1,
        nextAttemptAt: null,
      },
      {
        orderingKey: 'a',
        deliveryId: ids[0],
        eventId: eventIds[0],
        sequence: 1,
        waiting: 2,
        nextAttemptAt: expect.any(String),
      },
    ];
    const state = {
      eventType,
      blockedSince: FIRST_ATTEMPT,
      attemptCount: 2,
      lastStatus: 502,
      lastError: null,
    };
    expect((await blockedKeys(webhookId)).data).toEqual([
      { ...held, ...state },
      { ...failed, ...state },
    ]);
    const first = await blockedKeys(webhookId, '?limit=1');
    expect(first.data).toMatchObject([held]);
    const second = await blockedKeys(webhookId, `?limit=1&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ data: [failed], nextCursor: null });
  });

  it('have no key if the order is strict', async () => {
    const { ids, webhookId } = await ordered(['', '']);
    await fail(ids[0]);
    expect((await blockedKeys(webhookId)).data).toMatchObject([{ orderingKey: null, waiting: 1 }]);
  });

  it('do not include a replay, which has attempts before its first one', async () => {
    const { ids, webhookId } = await ordered(['a', 'a'], newId());
    await fail(ids[0]);
    await fail(ids[1]);
    expect((await blockedKeys(webhookId)).data).toEqual([]);
    expect(await blockedOf(webhookId)).toBeNull();
  });

  it('are named by an external id, too', async () => {
    const { ids, webhookId } = await ordered(['a']);
    await fail(ids[0]);
    await api.admin.patch(`/v1/webhooks/${webhookId}`, { externalId: 'blocked' });
    expect((await blockedKeys('ext:blocked')).data).toHaveLength(1);
  });
});

describe('the health of a webhook', () => {
  it('has the oldest delivery that blocks, and the number of keys, also in lists', async () => {
    const { ids, webhookId, eventType } = await ordered(['a', 'b', 'a']);
    expect(await blockedOf(webhookId)).toBeNull();
    await fail(ids[1]);
    await fail(ids[0]);
    const blocked = { deliveryId: ids[0], since: FIRST_ATTEMPT, keys: 2 };
    expect(await blockedOf(webhookId)).toEqual(blocked);
    const { data } = (await api.admin.get(`/v1/webhooks?eventType=${eventType}`)).body;
    expect(data).toMatchObject([{ id: webhookId, health: { blocked } }]);
  });

  it('has no block after a suspension, even before the deliveries are dropped', async () => {
    const { ids, webhookId } = await ordered(['a', 'a']);
    await fail(ids[0]);
    await api.deps.pool.query(
      `UPDATE webhook SET status = 'suspended', epoch = 1, suspended_at = now() WHERE id = $1`,
      [decodeId('webhook', webhookId)],
    );
    expect(await blockedOf(webhookId)).toBeNull();
    expect((await blockedKeys(webhookId)).data).toEqual([]);
  });
});

describe('another tenant', () => {
  let other: CheckedClient;
  beforeAll(async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'other' });
    const { body } = await api.admin.post('/v1/api-keys', { tenantId: tenant.id, scopes: ['admin'] });
    other = api.client(body.key);
  });

  it('does not find what is blocked, and skips nothing', async () => {
    const { ids, webhookId } = await ordered(['a', 'a']);
    await fail(ids[0]);
    expect(await other.get(`/v1/webhooks/${webhookId}/blocked-keys`)).toMatchObject({ status: 404 });
    expect(await other.post(`/v1/deliveries/${ids[0]}/skip`)).toMatchObject({ status: 404 });
    expect(await deliveryOf(ids[0])).toMatchObject({ status: 'pending' });
  });
});

const linkWith = async (features: object) => {
  const { body } = await api.admin.post('/v1/portal-links', { tenantId: 'default', features });
  return api.client(new URLSearchParams(new URL(body.url).hash.slice(1)).get('token') ?? '');
};

describe('a portal link', () => {
  it('shows what is blocked, and retries and skips it only with the feature `retry`', async () => {
    const { ids, webhookId } = await ordered(['a', 'a']);
    await fail(ids[0]);
    const [reader, operator] = [await linkWith({ retry: false }), await linkWith({ retry: true })];
    const { body } = await reader.get(`/v1/webhooks/${webhookId}/blocked-keys`);
    expect(body.data).toMatchObject([{ deliveryId: ids[0] }]);
    expect(await reader.post(`/v1/deliveries/${ids[0]}/skip`)).toMatchObject({ status: 403 });
    expect(await operator.post(`/v1/deliveries/${ids[0]}/retry`)).toMatchObject({ status: 202 });
    expect(await operator.post(`/v1/deliveries/${ids[0]}/skip`)).toMatchObject({ status: 200 });
  });
});

const create = (maxBlockedMinutes: number) =>
  api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'], maxBlockedMinutes });

describe('maxBlockedMinutes', () => {
  it('is not above the retention of the installation', async () => {
    expect(await create(RETENTION)).toMatchObject({ status: 201, body: { maxBlockedMinutes: RETENTION } });
    const errors = [{ path: 'maxBlockedMinutes', code: 'too_big', params: { limit: RETENTION } }];
    expect(await create(RETENTION + 1)).toMatchObject({ status: 422, body: { errors } });
    expect(await create(50_000)).toMatchObject({ status: 422, body: { errors } });
    const { body: webhook } = await create(5);
    const changed = await api.admin.patch(`/v1/webhooks/${webhook.id}`, { maxBlockedMinutes: RETENTION + 1 });
    expect(changed).toMatchObject({ status: 422, body: { errors } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { DUE_TOLERANCE_MS, decodeId, encodeId, newId, STANDARD_FORMAT_ID } from '@posthorn/core';
import { type AttemptRecord, releaseHeld } from '@posthorn/database/deliveries';
import { listRunningReplays, requeueReplayChunk, selectReplayChunk } from '@posthorn/database/replays';
import { addSettled, hold, recordAttempt, setDue, settle, type Settled } from '@posthorn/database/fixtures';
import { eventually, createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

interface Made {
  id: string;
  webhookId: string;
}

/** Creates a delivery of a new webhook, pending or settled after two attempts. */
async function delivery(status: Settled | 'pending'): Promise<Made> {
  const { id: webhookId } = await createActiveWebhook(api.admin, receiver, {
    eventTypes: [`only.for.${Math.random().toString().slice(2)}`],
  });
  const type = (await api.admin.get(`/v1/webhooks/${webhookId}`)).body.eventTypes[0];
  await api.admin.post('/v1/events', { type, data: {} });
  const { id } = (await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data[0];
  if (status !== 'pending') {
    await failAttempt(id);
    if (status === 'dropped') await failAttempt(id);
    await settle(api.deps.pool, [uuidOf(id)], status);
  }
  return { id, webhookId };
}

const uuidOf = (id: string) => decodeId('delivery', id) ?? '';

const failAttempt = (id: string, attempt: Partial<AttemptRecord> = {}) =>
  recordAttempt(api.deps.pool, [uuidOf(id)], attempt);

/** Puts a pending delivery in the state after two failed attempts. */
async function waitForRetry(id: string, parked: boolean): Promise<void> {
  await failAttempt(id);
  await failAttempt(id, { retryDelayMs: 300_000, parked });
}

async function pendingRow(id: string): Promise<{ unscheduled_attempts: number; trigger: string | null }> {
  const { rows } = await api.deps.pool.query(
    'SELECT unscheduled_attempts, trigger FROM pending_delivery WHERE id = $1',
    [decodeId('delivery', id)],
  );
  return rows[0];
}

const unscheduledOf = async (id: string) => (await pendingRow(id)).unscheduled_attempts;

const retry = (id: string) => api.admin.post(`/v1/deliveries/${id}/retry`);

describe('retrying a delivery', () => {
  it.each([
    ['failed', 'exhausted'],
    ['succeeded', null],
    ['dropped', 'suspended'],
  ] as const)('makes a %s delivery pending and enqueues a job', async (status, reason) => {
    await api.clearQueue();
    const { id } = await delivery(status);
    expect((await api.admin.get(`/v1/deliveries/${id}`)).body).toMatchObject({
      status,
      reason,
      attemptCount: 2,
    });
    // A delivery has one job id, so the first job must be gone for the second to be visible.
    await eventually(async () => expect(await jobs()).toBe(1));
    await api.clearQueue();
    const retried = await retry(id);
    expect(retried).toMatchObject({
      status: 202,
      body: {
        id,
        status: 'pending',
        reason: null,
        settledAt: null,
        attemptCount: 2,
        nextAttemptAt: expect.any(String),
      },
    });
    expect(await jobs()).toBe(1);
    expect(await pendingRow(id)).toMatchObject({ trigger: 'retry' });
  });

  it('does not change a pending delivery that is due', async () => {
    const { id } = await delivery('pending');
    const before = (await api.admin.get(`/v1/deliveries/${id}`)).body;
    expect(await retry(id)).toMatchObject({ status: 202, body: before });
    expect(await unscheduledOf(id)).toBe(0);
  });

  it.each([
    ['in a few minutes', { parked: false }],
    ['in hours', { parked: true }],
  ])('brings forward a pending delivery that waits for a retry %s, once', async (_name, { parked }) => {
    await api.clearQueue();
    const { id } = await delivery('pending');
    await eventually(async () => expect(await jobs()).toBe(1));
    await waitForRetry(id, parked);
    const [first, ...others] = await Promise.all([retry(id), retry(id), retry(id)]);
    for (const response of [first, ...others])
      expect(response).toMatchObject({ status: 202, body: { id, status: 'pending' } });
    expect(Date.parse(first.body.nextAttemptAt)).toBeLessThan(Date.now() + 1000);
    const { rows } = await api.deps.pool.query(
      'SELECT parked, attempt_count, unscheduled_attempts FROM pending_delivery WHERE id = $1',
      [decodeId('delivery', id)],
    );
    expect(rows).toEqual([{ parked: false, attempt_count: 2, unscheduled_attempts: 1 }]);
    expect(await jobs()).toBe(1);
    const audit = await api.admin.get(`/v1/audit-entries?action=delivery.retried&target=${id}`);
    expect(audit.body.data).toMatchObject([
      { before: { status: 'pending', nextAttemptAt: expect.any(String) } },
    ]);
  });

  it('has no effect on a delivery that a worker may send already, a moment before its time', async () => {
    const { id } = await delivery('pending');
    await failAttempt(id);
    await setDue(api.deps.pool, [uuidOf(id)], DUE_TOLERANCE_MS);
    const before = (await api.admin.get(`/v1/deliveries/${id}`)).body;
    expect(await retryAll([id])).toMatchObject({ body: { results: [{ id, result: 'due' }] } });
    expect((await api.admin.get(`/v1/deliveries/${id}`)).body).toEqual(before);
  });

  it('is rejected at the maximum number of attempts', async () => {
    const webhookId = decodeId('webhook', (await delivery('failed')).webhookId) ?? '';
    const add = async (attemptCount: number) =>
      encodeId('delivery', await addSettled(api.deps.pool, { webhookId, attemptCount }));
    expect(await retry(await add(1000))).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', detail: expect.stringContaining('1000 attempts'), maxAttempts: 1000 },
    });
    expect((await retry(await add(999))).status).toBe(202);
  });

  it('is succeeded again if its webhook is suspended before a delivery that had succeeded is sent', async () => {
    const { id, webhookId } = await delivery('succeeded');
    expect((await retry(id)).status).toBe(202);
    await api.admin.post(`/v1/webhooks/${webhookId}/suspend`);
    expect((await api.admin.get(`/v1/deliveries/${id}`)).body).toMatchObject({
      status: 'succeeded',
      reason: null,
    });
  });

  it('is rejected while the webhook is not active or once it is deleted', async () => {
    const { id, webhookId } = await delivery('failed');
    await api.admin.post(`/v1/webhooks/${webhookId}/suspend`);
    expect(await retry(id)).toMatchObject({ status: 409, body: { webhookStatus: 'suspended' } });
    await api.admin.delete(`/v1/webhooks/${webhookId}`);
    expect(await retry(id)).toMatchObject({ status: 409, body: { webhookStatus: 'deleted' } });
    expect((await api.admin.get(`/v1/deliveries/${id}`)).body).toMatchObject({
      status: 'failed',
      reason: 'exhausted',
    });
  });

  it('copies the current epoch of the webhook', async () => {
    const { id, webhookId } = await delivery('pending');
    await api.admin.post(`/v1/webhooks/${webhookId}/suspend`);
    await api.admin.post(`/v1/webhooks/${webhookId}/reactivate`);
    expect((await retry(id)).status).toBe(202);
    const { rows } = await api.deps.pool.query('SELECT epoch, parked FROM delivery WHERE id = $1', [
      decodeId('delivery', id),
    ]);
    expect(rows).toEqual([{ epoch: 2, parked: false }]);
  });

  it('happens once for concurrent requests', async () => {
    const { id } = await delivery('failed');
    const responses = await Promise.all([retry(id), retry(id), retry(id)]);
    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 202, 202]);
    expect(await pendingRow(id)).toMatchObject({ unscheduled_attempts: 1, trigger: 'retry' });
  });

  it('succeeds while Redis is unavailable: the reconciler enqueues the job', async () => {
    const { id } = await delivery('failed');
    const { requeue } = api.deps.deliveries;
    api.deps.deliveries.requeue = () => Promise.reject(new Error('Redis is unavailable'));
    try {
      expect((await retry(id)).status).toBe(202);
    } finally {
      api.deps.deliveries.requeue = requeue;
    }
    await eventually(() => expect(api.logs.join('\n')).toContain('Redis is unavailable'));
  });
});

const retryAll = (ids: string[]) => api.admin.post('/v1/deliveries/retry', { ids });

describe('retrying selected deliveries', () => {
  it('returns a result for each', async () => {
    const [failed, due, waiting, suspended] = [
      await delivery('failed'),
      await delivery('pending'),
      await delivery('pending'),
      await delivery('failed'),
    ];
    await waitForRetry(waiting.id, true);
    await api.admin.post(`/v1/webhooks/${suspended.webhookId}/suspend`);
    const unknown = encodeId('delivery', newId());
    const ok = { code: null, message: null };
    expect(await retryAll([failed.id, due.id, waiting.id, suspended.id, unknown])).toMatchObject({
      status: 202,
      body: {
        results: [
          { id: failed.id, result: 'retried', ...ok },
          { id: due.id, result: 'due', ...ok },
          { id: waiting.id, result: 'retried', ...ok },
          {
            id: suspended.id,
            result: 'rejected',
            code: 'invalid_state',
            message: expect.stringContaining('suspended'),
          },
          { id: unknown, result: 'rejected', code: 'not_found', message: 'Delivery not found' },
        ],
      },
    });
    expect((await api.admin.get(`/v1/deliveries/${failed.id}`)).body.status).toBe('pending');
    expect(await unscheduledOf(waiting.id)).toBe(1);
  });

  it.each([
    ['no ids', []],
    ['too many ids', Array.from({ length: 101 }, () => encodeId('delivery', newId()))],
    ['an id of another kind', [encodeId('event', newId())]],
  ])('is rejected with %s', async (_name, ids) => {
    expect(await retryAll(ids)).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
  });
});

describe('a held delivery', () => {
  it('is shown as held, without a time until it is released', async () => {
    const { id, webhookId } = await delivery('pending');
    const shown = async () => (await api.admin.get(`/v1/deliveries/${id}`)).body;
    expect(await shown()).toMatchObject({ held: false, nextAttemptAt: expect.any(String) });
    await hold(api.deps.pool, uuidOf(id));
    expect(await shown()).toMatchObject({ status: 'pending', held: true, nextAttemptAt: null });
    const listed = await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`);
    expect(listed.body.data).toMatchObject([{ id, held: true, nextAttemptAt: null }]);
    await releaseHeld(api.deps.pool, [{ webhookId: decodeId('webhook', webhookId) ?? '', count: 1 }]);
    expect(await shown()).toMatchObject({ held: false, nextAttemptAt: expect.any(String) });
  });
});

/** Returns the jobs in Redis. */
async function jobs(): Promise<number> {
  const depth = await api.deps.deliveries.depth();
  return Object.values(depth).reduce((sum, lane) => sum + lane.waiting + lane.active + lane.delayed, 0);
}

describe('the attempts of a delivery', () => {
  it('are listed with their outcome, newest first', async () => {
    const { id, webhookId } = await delivery('pending');
    const { pool } = api.deps;
    const none = { responseStatus: null, responseBody: null };
    await failAttempt(id, { ...none, errorCode: 'timeout', errorMessage: 'too slow' });
    await retry(id);
    const final = { status: 'failed', reason: 'exhausted', retryDelayMs: null } as const;
    const response = { responseStatus: 503, responseBody: 'busy' };
    await failAttempt(id, { ...response, responseHeaders: '{"x-request-id":"r-1"}', ...final });
    const range = {
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    };
    await api.admin.post(`/v1/webhooks/${webhookId}/replay`, range);
    for (const replay of await listRunningReplays(pool))
      await requeueReplayChunk(pool, replay, await selectReplayChunk(pool, replay, 10));
    await recordAttempt(pool, [uuidOf(id)], {
      status: 'succeeded',
      responseStatus: 204,
      responseBody: '',
      retryDelayMs: null,
    });
    const { body } = await api.admin.get(`/v1/deliveries/${id}/attempts`);
    expect(body.data).toMatchObject([
      { number: 3, deliveryId: id, succeeded: true, responseStatus: 204, error: null, durationMs: 12 },
      { number: 2, succeeded: false, responseStatus: 503, responseBody: 'busy' },
      { number: 1, succeeded: false, responseStatus: null, error: { code: 'timeout', message: 'too slow' } },
    ]);
    expect(body.data).toMatchObject([
      { trigger: 'replay', responseHeaders: null },
      { trigger: 'retry', responseHeaders: { 'x-request-id': 'r-1' } },
      { trigger: 'schedule', responseHeaders: null },
    ]);
    const seen = await (await keyWith('deliveries:read')).get(`/v1/deliveries/${id}/attempts`);
    expect(seen.body.data[1]).toMatchObject({ responseStatus: 503, responseHeaders: null });
    const page = await api.admin.get(`/v1/deliveries/${id}/attempts?limit=2`);
    const next = await api.admin.get(`/v1/deliveries/${id}/attempts?limit=2&cursor=${page.body.nextCursor}`);
    expect(next.body).toMatchObject({ data: [{ number: 1 }], nextCursor: null });
  });
});

async function keyWith(...scopes: string[]) {
  const { body } = await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes });
  return api.client(body.key);
}

describe('the request of a delivery', () => {
  const FORMAT = { body: 'data', signatures: ['stripe'], headers: { type: 'X-Type' } };

  it('is shown in the format of the webhook, with secrets only for keys that may change them', async () => {
    const { id, webhookId } = await delivery('pending');
    const headers = { 'X-Key': 'secret' };
    await api.admin.patch(`/v1/webhooks/${webhookId}`, { deliveryFormat: FORMAT, headers });
    const request = async (client: Pick<typeof api.admin, 'get'>) =>
      (await client.get(`/v1/deliveries/${id}/request`)).body;
    const shown = {
      attempt: null,
      method: 'POST',
      url: receiver.url,
      body: '{}',
      secretHeaders: ['x-key', 'stripe-signature'],
    };
    const type = { 'content-type': 'application/json', 'x-type': expect.stringMatching(/^only\.for\./) };
    expect(await request(await keyWith('webhooks:read', 'events:read'))).toEqual({
      ...shown,
      headers: { ...type, 'stripe-signature': '[redacted]', 'x-key': '[redacted]' },
    });
    expect(await request(await keyWith('webhooks:read', 'webhooks:write', 'events:read'))).toEqual({
      ...shown,
      headers: { ...type, 'stripe-signature': expect.stringMatching(/^t=\d+,v1=/), 'x-key': 'secret' },
    });
  });

  it('is that of the last attempt, or of one of them, as it was signed then', async () => {
    const { id } = await delivery('pending');
    for (const number of [1, 2]) await failAttempt(id, { startedAt: new Date(number * 1000) });
    const request = async (query: string) =>
      (await api.admin.get(`/v1/deliveries/${id}/request${query}`)).body;
    const [first, last] = [await request('?attempt=1'), await request('')];
    expect(first).toMatchObject({ attempt: 1, headers: { 'webhook-timestamp': '1' } });
    expect(last).toMatchObject({ attempt: 2, headers: { 'webhook-timestamp': '2' } });
    expect(first.headers['webhook-signature']).not.toBe(last.headers['webhook-signature']);
    expect(await request('?attempt=3')).toMatchObject({ code: 'not_found' });
    expect(await request('?attempt=x')).toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'attempt' }],
    });
  });

  it('keeps the format of earlier attempts', async () => {
    const { id, webhookId } = await delivery('pending');
    await failAttempt(id, { formatId: STANDARD_FORMAT_ID });
    await api.admin.patch(`/v1/webhooks/${webhookId}`, { deliveryFormat: FORMAT });
    const { body } = await api.admin.get(`/v1/deliveries/${id}/request`);
    expect(body.headers['webhook-signature']).toMatch(/^v1,/);
    expect(JSON.parse(body.body)).toMatchObject({ id: body.headers['webhook-id'], data: {} });
  });

  it('has the sequence number of a delivery that has one', async () => {
    const { id, webhookId } = await delivery('pending');
    const headers = async () => (await api.admin.get(`/v1/deliveries/${id}/request`)).body.headers;
    expect(await headers()).not.toHaveProperty('webhook-sequence');
    await api.deps.pool.query('UPDATE pending_delivery SET sequence = 42 WHERE id = $1', [
      decodeId('delivery', id),
    ]);
    expect((await headers())['webhook-sequence']).toBe('42');
    await api.admin.patch(`/v1/webhooks/${webhookId}`, { deliveryFormat: FORMAT });
    expect((await headers())['webhook-sequence']).toBe('42');
  });

  it('has no body for a key that may not read events, and none exists for a deleted webhook', async () => {
    const { id, webhookId } = await delivery('pending');
    const client = await keyWith('webhooks:read', 'deliveries:read');
    const { body } = await client.get(`/v1/deliveries/${id}/request`);
    expect(body).toMatchObject({ url: receiver.url, body: null });
    await api.admin.delete(`/v1/webhooks/${webhookId}`);
    expect(await api.admin.get(`/v1/deliveries/${id}/request`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', detail: expect.stringContaining('deleted') },
    });
  });
});

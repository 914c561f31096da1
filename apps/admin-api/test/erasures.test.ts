// Erasures: who may make them, and what the API shows of erased events.
import { expect, it } from '@jest/globals';
import { decodeId, newId } from '@posthorn/core';
import { advanceErasure, listRunningErasures } from '@posthorn/database/erasures';
import { eventually } from '@posthorn/testkit';
import { runErasures } from './run-erasures.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
/** Longer than a test: its calls return when the pushes are erased. */
const waiting = useApi({ erasureWaitMs: 24 * 3_600_000 });

async function createTenant() {
  const name = newId();
  const { body } = await api.admin.post('/v1/tenants', { name, externalId: name });
  const { body: key } = await api.admin.post('/v1/api-keys', { name, tenantId: body.id, scopes: ['admin'] });
  return { id: body.id as string, name, client: api.client(key.key) };
}

async function publish(tenantId: string, id: string | number = 'cus_1') {
  const { body } = await api.admin.post('/v1/events', {
    type: 'a.b',
    tenantId,
    data: { customer: { id } },
    idempotencyKey: newId(),
    metadata: { of: String(id) },
  });
  return body.id as string;
}

const show = async (id: string) => (await api.admin.get(`/v1/erasures/${id}`)).body;

/** Adds an active webhook to a tenant. */
async function addWebhook(tenantId: string): Promise<void> {
  const { body: webhook } = await api.admin.post('/v1/webhooks', {
    url: receiver.url,
    eventTypes: ['a.b'],
    tenantId,
  });
  await api.deps.pool.query(
    `UPDATE webhook SET status = 'active', active_since = '2020-01-01' WHERE id = $1`,
    [decodeId('webhook', webhook.id)],
  );
}

it('erases an event, whose place in the API stays', async () => {
  const tenant = await createTenant();
  await addWebhook(tenant.id);
  const eventId = await publish(tenant.id);
  const { body: deliveries } = await api.admin.get(`/v1/events/${eventId}/deliveries`);
  expect((await api.admin.post('/v1/erasures', { eventId, dryRun: true })).body).toEqual({
    id: null,
    total: 1,
  });
  const { status, body: accepted } = await tenant.client.post('/v1/erasures', { eventId });
  expect([status, accepted.total]).toEqual([202, 1]);
  expect(await show(accepted.id)).toMatchObject({
    kind: 'event',
    eventId,
    status: 'running',
    done: 0,
    finishedAt: null,
  });
  await runErasures(api.deps.pool);
  expect(await show(accepted.id)).toMatchObject({
    status: 'completed',
    phase: null,
    done: 1,
    counts: { events: 1, droppedDeliveries: 1, idempotencyKeys: 1 },
  });

  const { body: event } = await api.admin.get(`/v1/events/${eventId}`);
  expect(event).toMatchObject({
    id: eventId,
    type: 'a.b',
    erased: true,
    data: null,
    occurredAt: event.publishedAt,
  });
  const { body: page } = await api.admin.get(`/v1/events?tenantId=${tenant.id}`);
  expect(page.data).toMatchObject([{ id: eventId, erased: true }]);
  expect((await api.admin.get(`/v1/events/${eventId}/explain`)).body.data).toMatchObject([
    { reason: 'erased', matched: true },
  ]);
  const [{ id: deliveryId }] = deliveries.data;
  expect((await api.admin.get(`/v1/deliveries/${deliveryId}`)).body).toMatchObject({
    status: 'dropped',
    reason: 'erased',
  });
  const calls = [
    api.admin.post(`/v1/deliveries/${deliveryId}/retry`),
    api.admin.post(`/v1/events/${eventId}/replay`),
    api.admin.get(`/v1/deliveries/${deliveryId}/request`),
  ];
  for (const { status: code, body } of await Promise.all(calls))
    expect([code, body.code, body.detail]).toEqual([
      409,
      'invalid_state',
      expect.stringContaining('was erased'),
    ]);
  const { body: audit } = await api.admin.get(`/v1/audit-entries?tenantId=${tenant.id}&limit=5`);
  expect(audit.data.map(({ action }: { action: string }) => action)).toContain('erasure.completed');
});

it('erases what is left of an event that has expired', async () => {
  const tenant = await createTenant();
  await addWebhook(tenant.id);
  const eventId = await publish(tenant.id);
  await api.deps.pool.query('DELETE FROM event WHERE id = $1', [decodeId('event', eventId)]);
  const { client: stranger } = await createTenant();
  expect((await stranger.post('/v1/erasures', { eventId })).status).toBe(404);
  const { body: accepted } = await tenant.client.post('/v1/erasures', { eventId });
  await runErasures(api.deps.pool);
  expect(await show(accepted.id)).toMatchObject({ status: 'completed', counts: { idempotencyKeys: 1 } });
});

it('erases by key and value, again with the receipt, and frees idempotency keys', async () => {
  const tenant = await createTenant();
  const first = await publish(tenant.id, 7);
  const input = { tenantId: `ext:${tenant.name}`, key: '/customer/id', value: '7' };
  const { body: accepted } = await api.admin.post('/v1/erasures', input);
  expect((await api.admin.post('/v1/erasures', { ...input, value: ' 7 ' })).body.id).toBe(accepted.id);
  await runErasures(api.deps.pool);
  const { receipt, coversUntil } = await show(accepted.id);
  expect(receipt).not.toContain('7"');
  expect((await api.admin.get(`/v1/events/${first}`)).body.erased).toBe(true);

  // As in a database that was restored, with an event of later.
  await api.deps.pool.query(`UPDATE event SET body = $2, deflated_body = NULL WHERE id = $1`, [
    decodeId('event', first),
    '{"timestamp":"2026-01-01T00:00:00Z","data":{"customer":{"id":7}}}',
  ]);
  const later = await publish(tenant.id, 7);
  const { body: repeated } = await api.admin.post('/v1/erasures', { receipt });
  await runErasures(api.deps.pool);
  expect(await show(repeated.id)).toMatchObject({ status: 'completed', done: 1, coversUntil });
  expect((await api.admin.get(`/v1/events/${later}`)).body.erased).toBe(false);
  expect((await api.admin.get(`/v1/erasures?tenantId=${tenant.id}`)).body.data).toHaveLength(2);
});

it('returns when the pushes are erased, with a receipt of everything that was accepted until then', async () => {
  const { admin, deps } = waiting;
  const input = { tenantId: 'default', key: '/customer/id', value: 'cus_2' };
  const publishOne = async () =>
    (await admin.post('/v1/events', { type: 'a.b', data: { customer: { id: 'cus_2' } } })).body.id as string;
  const isErased = async (id: string) => (await admin.get(`/v1/events/${id}`)).body.erased;
  let hasReturned = false;
  const call = admin.post('/v1/erasures', input).then(({ body }) => {
    hasReturned = true;
    return body.id as string;
  });
  const erasure = await eventually(async () => {
    const [running] = await listRunningErasures(deps.pool);
    if (!running) throw new Error('not started');
    return running;
  });
  // A push that was in Redis, and is stored now.
  const pushed = await publishOne();
  expect(hasReturned).toBe(false);
  const idle = { rewriteFiles: async () => 0, onDropped: async () => {} };
  await advanceErasure(erasure, { pool: deps.pool, erasePushes: async () => true, ...idle });
  const id = await call;
  await eventually(async () =>
    expect(Date.now()).toBeGreaterThan(Date.parse((await read(id)).coversUntil) + 1),
  );
  const after = await publishOne();
  await runErasures(deps.pool);
  expect([await isErased(pushed), await isErased(after)]).toEqual([true, false]);

  const { receipt, coversUntil } = await read(id);
  expect(Date.parse(coversUntil)).toBeGreaterThan(erasure.coversUntil.getTime());
  // A repeated one does not wait: its time is known.
  const { body: repeated } = await admin.post('/v1/erasures', { receipt });
  await runErasures(deps.pool);
  expect(await read(repeated.id)).toMatchObject({ status: 'completed', coversUntil, done: 0 });
  expect(await isErased(after)).toBe(false);

  async function read(erasureId: string) {
    return (await admin.get(`/v1/erasures/${erasureId}`)).body;
  }
});

it('deletes and purges a tenant, whose name is free again', async () => {
  const tenant = await createTenant();
  await publish(tenant.id);
  expect((await tenant.client.post('/v1/erasures', { tenantId: tenant.id })).status).toBe(403);
  expect((await api.admin.post('/v1/erasures', { tenantId: 'default' })).body.code).toBe('invalid_state');
  const { body: accepted } = await api.admin.post('/v1/erasures', { tenantId: tenant.id });
  expect((await api.admin.post('/v1/erasures', { tenantId: tenant.id })).body.id).toBe(accepted.id);
  expect((await api.admin.post(`/v1/tenants/${tenant.id}/restore`)).status).toBe(409);
  await runErasures(api.deps.pool);
  expect(await show(accepted.id)).toMatchObject({
    kind: 'tenant',
    status: 'completed',
    counts: { tenants: 1, events: 1, apiKeys: 2 },
  });
  expect((await api.admin.get(`/v1/tenants/${tenant.id}`)).status).toBe(404);
  expect((await api.admin.post('/v1/tenants', { name: tenant.name, externalId: tenant.name })).status).toBe(
    201,
  );
});

it('names who started an erasure, to a tenant only its own keys', async () => {
  const tenant = await createTenant();
  const byOperator = await api.admin.post('/v1/erasures', { eventId: await publish(tenant.id) });
  const byTenant = await tenant.client.post('/v1/erasures', { eventId: await publish(tenant.id) });
  const startersFor = async (client: typeof api.admin) => {
    const { body } = await client.get(`/v1/erasures?tenantId=${tenant.id}`);
    return body.data.map(({ startedByName }: { startedByName: string }) => startedByName);
  };
  expect(await startersFor(api.admin)).toEqual([tenant.name, expect.not.stringMatching(/^operator$/)]);
  expect(await startersFor(tenant.client)).toEqual([tenant.name, 'operator']);
  const { body: shown } = await tenant.client.get(`/v1/erasures/${byOperator.body.id}`);
  expect(shown.startedByName).toBe('operator');
  await api.deps.pool.query(`DELETE FROM audit_entry WHERE target = $1`, [
    decodeId('erasure', byTenant.body.id),
  ]);
  expect((await show(byTenant.body.id)).startedByName).toBeNull();
  await runErasures(api.deps.pool);
});

it('rejects what is not one erasure, and those of other tenants', async () => {
  const [tenant, other] = [await createTenant(), await createTenant()];
  const eventId = await publish(tenant.id);
  const { body: accepted } = await tenant.client.post('/v1/erasures', { eventId });
  expect((await other.client.get(`/v1/erasures/${accepted.id}`)).status).toBe(404);
  expect((await other.client.post('/v1/erasures', { eventId })).status).toBe(404);
  const { body: own } = await other.client.get('/v1/erasures');
  expect(own.data).toEqual([]);
  const { body: viewer } = await api.admin.post('/v1/api-keys', {
    name: 'viewer',
    tenantId: tenant.id,
    scopes: ['events:read'],
  });
  expect((await api.client(viewer.key).post('/v1/erasures', { eventId })).status).toBe(403);
  const invalid: [object, string, string][] = [
    [{}, '', 'erasure_form'],
    [{ eventId, key: '/a', value: 'b' }, '', 'erasure_form'],
    [{ key: '/a' }, 'value', 'required'],
    [{ key: 'a', value: 'b' }, 'key', 'not_json_pointer'],
    [{ key: '/a', value: ' ' }, 'value', 'empty'],
    [{ receipt: 'x' }, 'receipt', 'not_receipt'],
  ];
  for (const [body, path, code] of invalid) {
    const { status, body: problem } = await api.admin.post('/v1/erasures', body);
    expect([status, problem.errors]).toEqual([
      422,
      expect.arrayContaining([expect.objectContaining({ path, code })]),
    ]);
  }
  await runErasures(api.deps.pool);
});

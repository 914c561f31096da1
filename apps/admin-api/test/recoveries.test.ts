import { describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, newId } from '@posthorn/core';
import { listRunningReplays, requeueReplayChunk, selectReplayChunk } from '@posthorn/database/replays';
import { deliveriesOf, recordAttempt, settle } from '@posthorn/database/fixtures';
import { createActiveWebhook } from '@posthorn/testkit';
import { type TestApi } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const HOUR_MS = 3_600_000;
const anHourAgo = () => new Date(Date.now() - HOUR_MS).toISOString();

let lastType = 0;

/** Creates a webhook with a delivery in each of the given states. */
async function webhookWith(
  states: ('failed' | 'dropped' | 'succeeded' | 'pending' | 'waiting')[],
  client = api.admin,
): Promise<string> {
  const type = `recovered.t${(lastType += 1)}`;
  const { id } = await createActiveWebhook(client, receiver, { eventTypes: [type] });
  for (const state of states) {
    const { body } = await client.post('/v1/events', { type, data: {} });
    const { pool } = api.deps;
    const ids = await deliveriesOf(pool, { eventId: decodeId('event', body.id) ?? '' });
    if (state === 'waiting') await recordAttempt(pool, ids, { retryDelayMs: HOUR_MS, parked: true });
    else if (state !== 'pending') await settle(pool, ids, state);
  }
  return id;
}

/** A separate tenant, so that the deliveries of other tests do not count. */
async function newTenant(): Promise<{ id: string; client: TestApi['admin'] }> {
  const { body: tenant } = await api.admin.post('/v1/tenants', { name: `t${newId()}` });
  const { body } = await api.admin.post('/v1/api-keys', {
    name: 'k',
    tenantId: tenant.id,
    scopes: ['admin'],
  });
  return { id: tenant.id, client: api.client(body.key) };
}

const recover = (fields: Record<string, unknown> = {}, client = api.admin) =>
  client.post('/v1/recoveries', { since: anHourAgo(), ...fields });

/** Runs all of a recovery as a producer would, and returns how many deliveries it has requeued. */
async function run(id: string): Promise<number> {
  let requeued = 0;
  for (;;) {
    const replay = (await listRunningReplays(api.deps.pool)).find(
      ({ recoveryId, cursor }) => recoveryId === decodeId('recovery', id) && cursor === null,
    );
    if (!replay) return requeued;
    const chunk = await selectReplayChunk(api.deps.pool, replay, 500);
    requeued += (await requeueReplayChunk(api.deps.pool, replay, chunk))?.length ?? 0;
  }
}

describe('a recovery', () => {
  it('of a webhook is accepted, and reports its progress', async () => {
    const webhookId = await webhookWith(['failed', 'waiting', 'pending', 'succeeded', 'dropped']);
    const since = anHourAgo();
    const { status, body } = await recover({ since, webhookId });
    expect({ status, body }).toEqual({
      status: 202,
      body: { id: expect.stringMatching(/^rcv_/), total: 2, webhooks: 1, inactiveWebhooks: 0 },
    });
    const recovery = (await api.admin.get(`/v1/recoveries/${body.id}`)).body;
    expect(recovery).toEqual({
      id: body.id,
      tenantId: expect.stringMatching(/^ten_/),
      webhookId,
      since,
      until: recovery.createdAt,
      includeDropped: false,
      automatic: false,
      status: 'running',
      total: 2,
      queued: 0,
      failed: null,
      webhooks: 1,
      inactiveWebhooks: 0,
      createdAt: expect.any(String),
      finishedAt: null,
      progress: { pending: 0, retrying: 0, succeeded: 0, failed: 0, dropped: 0 },
    });
    expect(await run(body.id)).toBe(2);
    const { progress: _progress, ...listed } = recovery;
    expect((await api.admin.get(`/v1/recoveries?webhookId=${webhookId}`)).body.data).toEqual([
      { ...listed, queued: 2 },
    ]);
    expect((await api.admin.get(`/v1/recoveries/${body.id}`)).body).toMatchObject({
      queued: 2,
      progress: { pending: 2, retrying: 0 },
    });
    // Its replays are part of it.
    expect((await api.admin.get(`/v1/replays?webhookId=${webhookId}`)).body.data).toEqual([]);
    const audit = await api.admin.get(`/v1/audit-entries?target=${body.id}`);
    expect(audit.body.data).toMatchObject([
      { action: 'recovery.created', target: body.id, after: { webhookId, since } },
    ]);
  });

  it('only counts in a dry run', async () => {
    const webhookId = await webhookWith(['failed', 'dropped']);
    expect(await recover({ webhookId, dryRun: true, includeDropped: true })).toMatchObject({
      status: 202,
      body: { id: null, total: 2, webhooks: 1, inactiveWebhooks: 0 },
    });
    expect((await api.admin.get(`/v1/recoveries?webhookId=${webhookId}`)).body.data).toEqual([]);
  });

  it('of a tenant or of all covers their active webhooks', async () => {
    const [one, two] = [await newTenant(), await newTenant()];
    await webhookWith(['failed'], one.client);
    await webhookWith(['failed', 'waiting'], two.client);
    const suspended = await webhookWith(['failed'], two.client);
    await api.admin.post(`/v1/webhooks/${suspended}/suspend`);
    const total = async (fields: object, client = api.admin) =>
      (await recover({ ...fields, dryRun: true }, client)).body;
    expect(await total({ tenantId: one.id })).toMatchObject({ total: 1, webhooks: 1, inactiveWebhooks: 0 });
    expect(await total({ tenantId: two.id })).toMatchObject({ total: 2, webhooks: 1, inactiveWebhooks: 1 });
    expect(await total({}, two.client)).toMatchObject({ total: 2 });
    expect((await total({ tenantId: '*' })).total).toBeGreaterThanOrEqual(3);
    expect(await recover({ tenantId: '*' }, two.client)).toMatchObject({ status: 403 });

    const { body } = await recover({ tenantId: two.id });
    expect(await one.client.get(`/v1/recoveries/${body.id}`)).toMatchObject({ status: 404 });
    expect((await two.client.get('/v1/recoveries?status=running')).body.data).toMatchObject([
      { id: body.id, tenantId: two.id },
    ]);
    expect((await one.client.get('/v1/recoveries')).body.data).toEqual([]);
    expect((await api.admin.get('/v1/recoveries?tenantId=*')).body.data).toContainEqual(
      expect.objectContaining({ id: body.id }),
    );
  });

  it('does not include a webhook that is suspended after its creation', async () => {
    const { client } = await newTenant();
    const id = await webhookWith(['failed'], client);
    const { body } = await recover({}, client);
    await client.post(`/v1/webhooks/${id}/suspend`);
    expect(await run(body.id)).toBe(0);
  });

  it.each([
    ['no since', { since: undefined }, 'since'],
    ['an invalid time', { since: 'yesterday' }, 'since'],
    [
      'a range that ends before it starts',
      { since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' },
      'until',
    ],
    ['an id of another kind', { webhookId: encodeId('event', newId()) }, 'webhookId'],
    ['an unknown field', { everything: true }, 'everything'],
  ])('is rejected with %s', async (_name, fields, path) => {
    const { status, body } = await recover(fields);
    expect([status, body.code, body.errors[0].path]).toEqual([422, 'invalid_input', path]);
  });

  it('is rejected for a webhook that is not active, of another tenant, or unknown', async () => {
    const { client } = await newTenant();
    const webhookId = await webhookWith(['failed']);
    expect(await recover({ webhookId }, client)).toMatchObject({ status: 404 });
    expect(await recover({ webhookId: encodeId('webhook', newId()) })).toMatchObject({ status: 404 });
    await api.admin.post(`/v1/webhooks/${webhookId}/suspend`);
    expect(await recover({ webhookId })).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', webhookStatus: 'suspended' },
    });
  });

  it('is cancelled once', async () => {
    const webhookId = await webhookWith(['failed', 'waiting']);
    const { body } = await recover({ webhookId });
    await run(body.id);
    expect(await api.admin.post(`/v1/recoveries/${body.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled', progress: { pending: 1, dropped: 1 }, finishedAt: expect.any(String) },
    });
    expect(await api.admin.post(`/v1/recoveries/${body.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    const empty = await recover({ webhookId: await webhookWith([]) });
    expect(await api.admin.post(`/v1/recoveries/${empty.body.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', recoveryStatus: 'completed' },
    });
    const { body: audit } = await api.admin.get(
      `/v1/audit-entries?target=${body.id}&action=recovery.cancelled`,
    );
    expect(audit.data).toHaveLength(1);
    expect(await api.admin.post(`/v1/recoveries/${encodeId('recovery', newId())}/cancel`)).toMatchObject({
      status: 404,
    });
  });

  it('covers what a recovery that was cancelled has not dropped yet', async () => {
    const webhookId = await webhookWith(['failed']);
    const { body } = await recover({ webhookId });
    await run(body.id);
    const id = decodeId('recovery', body.id);
    // As if the process of the call had ended after its commit.
    await api.deps.pool.query('UPDATE recovery SET cancelled_at = now() WHERE id = $1', [id]);
    expect(await api.admin.get(`/v1/recoveries/${body.id}`)).toMatchObject({
      body: { status: 'cancelled', failed: null, progress: { pending: 1, dropped: 0 } },
    });
    expect(await recover({ webhookId, includeDropped: true })).toMatchObject({ body: { total: 1 } });
    expect(await api.admin.get(`/v1/recoveries/${body.id}`)).toMatchObject({
      body: { status: 'cancelled', failed: 0, progress: { pending: 0, dropped: 1 } },
    });
  });

  it('needs the right to write deliveries', async () => {
    const { body } = await api.admin.post('/v1/api-keys', { name: 'reader', scopes: ['deliveries:read'] });
    const reader = api.client(body.key);
    expect(await recover({ dryRun: true }, reader)).toMatchObject({ status: 403 });
    expect(await reader.get('/v1/recoveries')).toMatchObject({ status: 200 });
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, newId } from '@posthorn/core';
import { countUnhealthyWebhooks, updateWebhookHealth } from '@posthorn/database/health';
import { countWebhooks, startTokenFetch } from '@posthorn/database/webhooks';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const MINUTE_MS = 60_000;
/** The minute of the attempts: after the activation of the webhooks. */
let now: number;

const api = useApi();
const receiver = useReceiver(api);
let customer: { client: CheckedClient; tenantId: string };
beforeAll(async () => {
  const { body } = await api.admin.post('/v1/tenants', { name: 'customer' });
  customer = { client: api.client(body.key), tenantId: body.id };
});

const uuidOf = (webhookId: string) => decodeId('webhook', webhookId) ?? '';

async function addAttempts(webhookId: string, attempts: number, failures: number): Promise<void> {
  await api.deps.pool.query(
    `INSERT INTO webhook_minute_stats (minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, trailing_failures,
       last_status, latency_buckets, latency_counts)
     SELECT $1, id, tenant_id, $3, $4, 0, 0, $5, CASE WHEN $5 > 0 THEN 503 ELSE 200 END, '{}', '{}' FROM webhook WHERE id = $2`,
    [new Date(now), uuidOf(webhookId), attempts, attempts - failures, failures],
  );
}

const evaluate = (throttled: string[] = []) =>
  updateWebhookHealth(api.deps.pool, {
    since: new Date(now - MINUTE_MS),
    throttledIds: throttled.map(uuidOf),
  });

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);

const add = async (client: CheckedClient) => (await createActiveWebhook(client, receiver)).id;
const failingSeenBy = async (client: CheckedClient): Promise<[string, string | null][]> =>
  (await client.get('/v1/overview/attention')).body.failing.webhooks.map(
    ({ webhookId, acknowledgedAt }: { webhookId: string; acknowledgedAt: string | null }) => [
      webhookId,
      acknowledgedAt,
    ],
  );
const healthOf = async (id: string) => (await api.admin.get(`/v1/webhooks/${id}`)).body.health;
const list = (query: string) => api.admin.get(`/v1/webhooks?tenantId=*&${query}`);

describe('the health of webhooks', () => {
  let failing: string;
  let throttled: string;
  let healthy: string;
  let suspended: string;
  beforeAll(async () => {
    failing = await add(customer.client);
    throttled = await add(api.admin);
    healthy = await add(api.admin);
    suspended = await add(customer.client);
    now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    await addAttempts(failing, 6, 6);
    await addAttempts(healthy, 4, 1);
    await api.deps.pool.query('UPDATE webhook SET failing_since = $2 WHERE id = $1', [
      uuidOf(failing),
      new Date(now),
    ]);
    await evaluate([throttled]);
  });

  it('is returned with the last result and the failure rate', async () => {
    expect(await healthOf(failing)).toEqual({
      state: 'failing',
      since: new Date(now).toISOString(),
      lastStatus: 503,
      lastError: null,
      failureRate: 1,
      averageMs: null,
      lastAttemptAt: expect.any(String),
      blocked: null,
    });
    expect(await healthOf(throttled)).toEqual({
      state: 'throttled',
      since: expect.any(String),
      lastStatus: null,
      lastError: null,
      failureRate: null,
      averageMs: null,
      lastAttemptAt: null,
      blocked: null,
    });
    expect(await healthOf(healthy)).toEqual({
      state: 'healthy',
      since: null,
      lastStatus: 503,
      lastError: null,
      failureRate: 0.25,
      averageMs: null,
      lastAttemptAt: expect.any(String),
      blocked: null,
    });
  });

  it('filters and sorts the webhooks of all tenants', async () => {
    expect(idsOf(await list('health=failing'))).toEqual([failing]);
    expect(idsOf(await list('health=throttled'))).toEqual([throttled]);
    expect(idsOf(await list('sort=health'))).toEqual([failing, throttled, suspended, healthy]);
    const first = await list('sort=health&limit=1');
    expect(first.body.data[0]).toMatchObject({ id: failing, tenantId: customer.tenantId });
    const rest = await list(`sort=health&cursor=${first.body.nextCursor}`);
    expect(idsOf(rest)).toEqual([throttled, suspended, healthy]);
    expect(await list(`cursor=${first.body.nextCursor}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'cursor' }] },
    });
    expect((await list('sort=health&cursor=A2345678901234567890123')).status).toBe(422);
    expect(idsOf(await list('sort=failureRate'))).toEqual([failing, healthy, suspended, throttled]);
    const worst = await list('sort=failureRate&limit=2');
    expect(idsOf(await list(`sort=failureRate&cursor=${worst.body.nextCursor}`))).toEqual([
      suspended,
      throttled,
    ]);
    expect((await list('slow=maybe')).status).toBe(422);
    expect(idsOf(await list('slow=true'))).toEqual([]);
    // A key of one tenant sees only its own.
    expect(idsOf(await customer.client.get('/v1/webhooks?health=failing'))).toEqual([failing]);
    expect((await customer.client.get('/v1/webhooks?tenantId=*')).status).toBe(403);
  });

  it('is counted in the overview, and listed with what needs attention', async () => {
    expect((await api.admin.get('/v1/overview')).body.webhooks).toEqual({
      active: 4,
      suspended: 0,
      pendingValidation: 0,
      health: { healthy: 2, throttled: 1, failing: 1 },
    });
    const { body } = await api.admin.get('/v1/overview/attention?tenantId=*');
    expect(body.failing).toEqual({
      total: 1,
      webhooks: [
        {
          webhookId: failing,
          tenantId: customer.tenantId,
          url: expect.stringContaining('http'),
          description: null,
          lastStatus: 503,
          lastError: null,
          failureRate: 1,
          since: new Date(now).toISOString(),
          acknowledgedAt: null,
        },
      ],
    });
    expect((await api.admin.get('/v1/overview/attention?tenantId=default')).body.failing.total).toBe(0);
    expect((await customer.client.get('/v1/overview/attention')).body.failing.total).toBe(1);
  });

  it('is listed last once it is acknowledged, for operators and customers separately', async () => {
    const later = await add(customer.client);
    const setHealth = (health: string) =>
      api.deps.pool.query(
        `UPDATE webhook SET health = $2::webhook_health, health_since = clock_timestamp() WHERE id = $1`,
        [uuidOf(later), health],
      );
    await setHealth('failing');
    await api.admin.post(`/v1/webhooks/${failing}/notifications/acknowledge`);
    expect(await failingSeenBy(api.admin)).toEqual([
      [later, null],
      [failing, expect.any(String)],
    ]);
    expect(await failingSeenBy(customer.client)).toEqual([
      [failing, null],
      [later, null],
    ]);
    await api.admin.post(`/v1/webhooks/${later}/notifications/acknowledge`);
    await setHealth('failing');
    expect((await failingSeenBy(api.admin))[0]).toEqual([later, null]);
    await customer.client.delete(`/v1/webhooks/${later}`);
  });

  it('names who suspended a webhook', async () => {
    await customer.client.post(`/v1/webhooks/${suspended}/suspend`, { reason: 'moving' });
    const byTenant = await api.admin.get(`/v1/webhooks/${suspended}`);
    expect(byTenant.body).toMatchObject({
      suspendReason: 'moving',
      suspendedBy: { kind: 'tenant', name: expect.any(String) },
      health: { state: 'healthy', since: null },
    });
    await customer.client.post(`/v1/webhooks/${suspended}/reactivate`);
    await api.admin.post(`/v1/webhooks/${suspended}/suspend`);
    // The customer does not see which key of the operator it was.
    expect((await customer.client.get(`/v1/webhooks/${suspended}`)).body.suspendedBy).toEqual({
      kind: 'operator',
      name: null,
    });
    expect(idsOf(await api.admin.get('/v1/webhooks?tenantId=*&suspendedBy=operator'))).toEqual([suspended]);
    expect(idsOf(await api.admin.get('/v1/webhooks?tenantId=*&suspendedBy=system'))).toEqual([]);
    await api.deps.pool.query(`UPDATE webhook SET suspended_by = 'system' WHERE id = $1`, [
      uuidOf(suspended),
    ]);
    expect((await api.admin.get('/v1/overview/attention')).body.suspended).toMatchObject({
      total: 1,
      webhooks: [{ webhookId: suspended, reason: 'manual', acknowledgedAt: null }],
    });
    await api.admin.post(`/v1/webhooks/${suspended}/notifications/acknowledge`);
    expect((await api.admin.get('/v1/overview/attention')).body.suspended.webhooks).toMatchObject([
      { webhookId: suspended, acknowledgedAt: expect.any(String) },
    ]);
    const { body } = await customer.client.post(`/v1/webhooks/${suspended}/reactivate`);
    expect(body).toMatchObject({ suspendedBy: null });
  });

  it('is healthy again when a webhook is reactivated', async () => {
    await customer.client.post(`/v1/webhooks/${failing}/suspend`);
    expect((await customer.client.get(`/v1/webhooks/${failing}`)).body.health.state).toBe('healthy');
    const { body } = await customer.client.post(`/v1/webhooks/${failing}/reactivate`);
    expect(body.health).toMatchObject({ state: 'healthy', since: null });
  });
});

describe('pending deliveries', () => {
  it('are counted as queued, held and retrying, and have the result of their last attempt', async () => {
    const { id } = await createActiveWebhook(customer.client, receiver, {
      rateLimit: { limit: 1, perSeconds: 3600 },
    });
    for (let index = 0; index < 4; index += 1)
      await customer.client.post('/v1/events', { type: 'a.b', data: {} });
    const path = `/v1/deliveries?webhookId=${id}`;
    const [queued, held, retrying, dropped] = idsOf(await api.admin.get(path)).map(
      (delivery) => decodeId('delivery', delivery) ?? '',
    );
    const { pool } = api.deps;
    await pool.query('UPDATE pending_delivery SET held = true WHERE id = $1', [held]);
    await pool.query('UPDATE pending_delivery SET attempt_count = 2 WHERE id = $1', [retrying]);
    await pool.query('DELETE FROM pending_delivery WHERE id = $1', [dropped]);
    for (const [number, status] of [500, 502].entries())
      await pool.query(
        `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status)
         VALUES ($1, $2, $2, $3, $4, now(), 5, $5, $6)`,
        [newId(), retrying, uuidOf(id), decodeId('tenant', customer.tenantId), number + 1, status],
      );

    const { body } = await api.admin.get(path);
    expect(body.data).toMatchObject([
      { id: encodeId('delivery', queued ?? ''), heldReason: null, lastStatus: null, lastError: null },
      { held: true, heldReason: 'rate_limit' },
      { lastStatus: 502, lastError: null, attemptCount: 2 },
    ]);
    expect((await api.admin.get(`/v1/deliveries/${body.data[2].id}`)).body.lastStatus).toBe(502);
    const pending = {
      total: 3,
      isComplete: true,
      queued: 1,
      retrying: 1,
      held: { total: 1, accessToken: 0, paused: 0, rateLimit: 1, window: 0 },
    };
    expect((await api.admin.get(`/v1/stats?webhookId=${id}`)).body.pending).toEqual(pending);
    const ofTenant = (await customer.client.get('/v1/overview')).body.pending;
    expect(ofTenant.held).toEqual(pending.held);
    expect((await api.admin.get('/v1/overview?tenantId=*')).body.pending.held).toEqual(pending.held);
    await pool.query(`UPDATE webhook SET auth_sealed = 'sealed' WHERE id = $1`, [uuidOf(id)]);
    await startTokenFetch(pool, {
      webhookId: uuidOf(id),
      authSealed: 'sealed',
      status: 'active',
      fetchId: newId(),
    });
    expect((await api.admin.get(path)).body.data[1].heldReason).toBe('access_token');
    await pool.query('UPDATE webhook SET auth_sealed = NULL WHERE id = $1', [uuidOf(id)]);
    // Nobody sees those of another tenant.
    const other = await api.admin.post('/v1/tenants', { name: 'other' });
    const stats = await api.client(other.body.key).get(`/v1/stats?webhookId=${id}`);
    expect(stats.body.pending.total).toBe(0);

    await pool.query(
      `UPDATE pending_delivery SET id = overlay(id::text PLACING left(posthorn_uuid_floor(now() - interval '2 hours')::text, 13) FROM 1)::uuid
       WHERE id = $1`,
      [queued],
    );
    const { backlog } = (await customer.client.get('/v1/overview/attention')).body;
    expect(backlog).toMatchObject({ total: 1, webhooks: [{ webhookId: id, pending: 3 }] });
    const ageMs = Date.now() - Date.parse(backlog.webhooks[0].oldestAt);
    expect(Math.round(ageMs / 3_600_000)).toBe(2);
  });
});

describe('the webhooks of a tenant', () => {
  it('need no attention and count as healthy while it is suspended, and are gone once it is deleted', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: newId() });
    const uuid = decodeId('tenant', tenant.id) ?? '';
    const [failing, stopped] = [await add(api.client(tenant.key)), await add(api.client(tenant.key))];
    const description = newId();
    const { pool } = api.deps;
    await pool.query(
      `UPDATE webhook SET health = 'failing', health_since = now(), description = $2 WHERE id = $1`,
      [uuidOf(failing), description],
    );
    await pool.query(
      `UPDATE webhook SET status = 'suspended', suspended_by = 'system', suspended_at = now() WHERE id = $1`,
      [uuidOf(stopped)],
    );
    await pool.query(
      `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload) VALUES ($1, $2, 'redis', 'schema_violation', '', '{}')`,
      [newId(), uuid],
    );
    const before = await countUnhealthyWebhooks(pool);
    const ofTenant = ({ tenantId }: { tenantId: string }) => tenantId === tenant.id;
    const read = async () => {
      const { body: attention } = await api.admin.get('/v1/overview/attention?tenantId=*');
      const { body: listed } = await list('limit=200');
      const { body: found } = await api.admin.get(`/v1/search?q=${description}`);
      const { body: byId } = await api.admin.get(`/v1/search?q=${failing}`);
      const { active, health } = await countWebhooks(pool, uuid);
      return {
        attention: [attention.failing, attention.suspended].map(
          ({ webhooks }) => webhooks.filter(ofTenant).length,
        ),
        rejected: attention.rejectedEvents.total,
        failing: idsOf(await list('health=failing&limit=200')).includes(failing),
        healthy: idsOf(await list('health=healthy&limit=200')).includes(failing),
        listed: listed.data.filter(ofTenant).length,
        found: [found.data.length, byId.data.length],
        counted: [active, health.failing, health.healthy],
        gauge: (await countUnhealthyWebhooks(pool)).failing - before.failing,
      };
    };
    expect(await read()).toEqual({
      attention: [1, 1],
      rejected: 1,
      failing: true,
      healthy: false,
      listed: 2,
      found: [1, 1],
      counted: [1, 1, 0],
      gauge: 0,
    });
    const calm = { attention: [0, 0], rejected: 0, failing: false, gauge: -1 };
    await api.admin.post(`/v1/tenants/${tenant.id}/suspend`);
    expect(await read()).toEqual({ ...calm, healthy: true, listed: 2, found: [1, 1], counted: [1, 0, 1] });
    expect((await healthOf(failing)).state).toBe('healthy');
    await api.admin.delete(`/v1/tenants/${tenant.id}`);
    expect(await read()).toEqual({ ...calm, healthy: false, listed: 0, found: [0, 0], counted: [0, 0, 0] });
  });
});

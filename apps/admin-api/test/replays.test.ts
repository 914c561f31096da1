import { describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, newId } from '@posthorn/core';
import { listRunningReplays, requeueReplayChunk, selectReplayChunk } from '@posthorn/database/replays';
import { deliveriesOf, settle, type Settled } from '@posthorn/database/fixtures';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const HOUR_MS = 3_600_000;
const WEBHOOK_REPLAY = () => ({
  from: new Date(Date.now() - HOUR_MS).toISOString(),
  to: new Date(Date.now() + HOUR_MS).toISOString(),
});

let lastType = 0;

/** Creates a webhook with its own event type and deliveries in the given states. */
async function webhookWith(statuses: (Settled | 'pending')[]): Promise<{ id: string; eventIds: string[] }> {
  const type = `replayed.t${(lastType += 1)}`;
  const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: [type] });
  const eventIds: string[] = [];
  for (const status of statuses) {
    const { body } = await api.admin.post('/v1/events', { type, data: {} });
    eventIds.push(body.id);
    if (status === 'pending') continue;
    const eventId = decodeId('event', body.id) ?? '';
    await settle(api.deps.pool, await deliveriesOf(api.deps.pool, { eventId }), status);
  }
  return { id, eventIds };
}

const progressOf = async (id: string) => (await api.admin.get(`/v1/replays/${id}`)).body;

const replayWebhook = (id: string, fields: Record<string, unknown> = {}) =>
  api.admin.post(`/v1/webhooks/${id}/replay`, { ...WEBHOOK_REPLAY(), ...fields });

/** Runs part of a replay as a producer would. */
async function runChunk(id: string, limit = 500): Promise<string[]> {
  const replay = (await listRunningReplays(api.deps.pool)).find((each) => each.id === decodeId('replay', id));
  if (!replay) throw new Error('the replay is not running');
  const chunk = await selectReplayChunk(api.deps.pool, replay, limit);
  return (await requeueReplayChunk(api.deps.pool, replay, chunk)) ?? [];
}

describe('the replay of a webhook', () => {
  it('is accepted, and reports its progress', async () => {
    const { id: webhookId } = await webhookWith(['failed', 'succeeded', 'dropped', 'pending']);
    const fields = { ...WEBHOOK_REPLAY(), statuses: ['failed', 'dropped', 'failed'] };
    const { status, body } = await replayWebhook(webhookId, fields);
    expect({ status, body }).toEqual({ status: 202, body: { id: expect.stringMatching(/^rpl_/), total: 2 } });
    const created = (await api.admin.get(`/v1/replays/${body.id}`)).body;
    expect(created).toEqual({
      id: body.id,
      tenantId: expect.stringMatching(/^ten_/),
      webhookId,
      eventId: null,
      from: fields.from,
      to: fields.to,
      statuses: ['failed', 'dropped'],
      eventTypes: null,
      status: 'running',
      total: 2,
      queued: 0,
      failed: null,
      progress: { pending: 0, succeeded: 0, failed: 0, dropped: 0 },
      createdAt: expect.any(String),
      finishedAt: null,
    });
    const [first] = await runChunk(body.id, 1);
    expect((await api.admin.get(`/v1/replays/${body.id}`)).body).toEqual({
      ...created,
      queued: 1,
      progress: { pending: 1, succeeded: 0, failed: 0, dropped: 0 },
    });
    const delivery = await api.admin.get(`/v1/deliveries/${encodeId('delivery', first ?? '')}`);
    expect(delivery.body).toMatchObject({ status: 'pending', reason: null, settledAt: null });
  });

  it('completes immediately without matching deliveries', async () => {
    const { id } = await webhookWith(['succeeded']);
    const { body } = await replayWebhook(id, { statuses: ['failed'] });
    expect(await progressOf(body.id)).toMatchObject({
      status: 'completed',
      total: 0,
      finishedAt: expect.any(String),
    });
    expect(await replayWebhook(id, { eventTypes: ['other'] })).toMatchObject({ body: { total: 0 } });
    const matching = await replayWebhook(id);
    expect(await progressOf(matching.body.id)).toMatchObject({ total: 1, status: 'running' });
  });

  it('only counts the deliveries with dryRun', async () => {
    const { id } = await webhookWith(['failed', 'succeeded', 'dropped', 'pending']);
    const count = async (fields: object) => (await replayWebhook(id, { dryRun: true, ...fields })).body;
    expect(await count({})).toEqual({ id: null, total: 3 });
    expect(await count({ statuses: ['failed', 'dropped'] })).toEqual({ id: null, total: 2 });
    expect(await count({ eventTypes: ['other'] })).toEqual({ id: null, total: 0 });
    expect((await api.admin.get(`/v1/replays?webhookId=${id}`)).body.data).toEqual([]);
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    expect((await replayWebhook(id, { dryRun: true })).status).toBe(409);
  });

  it('accepts the earliest and the latest time', async () => {
    const { id } = await webhookWith(['succeeded']);
    const everything = { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' };
    const { status, body } = await replayWebhook(id, everything);
    expect([status, await progressOf(body.id)]).toMatchObject([
      202,
      { total: 1, from: '1970-01-01T00:00:00.000Z', to: '9999-12-31T23:59:59.000Z' },
    ]);
  });

  it('is created once per Idempotency-Key', async () => {
    const { id } = await webhookWith(['succeeded']);
    const body = WEBHOOK_REPLAY();
    const post = () =>
      api.admin.post(`/v1/webhooks/${id}/replay`, body, { 'idempotency-key': `replay ${id}` });
    const [first, second] = [await post(), await post()];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it.each([
    ['no range', { from: undefined, to: undefined }, 'from'],
    ['no end', { to: undefined }, 'to'],
    ['an invalid time', { from: 'yesterday' }, 'from'],
    ['a year of five digits in UTC', { to: '9999-12-31T23:59:59-14:00' }, 'to'],
    [
      'a range that ends before it starts',
      { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
      'to',
    ],
    ['an empty range', { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00+01:00' }, 'to'],
    ['a status that is not settled', { statuses: ['pending'] }, 'statuses[0]'],
    ['no statuses', { statuses: [] }, 'statuses'],
    ['a pattern', { eventTypes: ['a.*'] }, 'eventTypes[0]'],
    ['an unknown field', { everything: true }, 'everything'],
  ])('is rejected with %s', async (_name, fields, path) => {
    const { id } = await webhookWith([]);
    const { status, body } = await replayWebhook(id, fields);
    expect([status, body.code, body.errors[0].path]).toEqual([422, 'invalid_input', path]);
  });

  it('is rejected while the webhook is not active', async () => {
    const { id } = await webhookWith(['failed']);
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    expect(await replayWebhook(id)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', webhookStatus: 'suspended' },
    });
  });
});

describe('the replay of an event', () => {
  it('includes its settled deliveries', async () => {
    const { eventIds } = await webhookWith(['succeeded', 'pending']);
    const [settled, pending] = eventIds;
    const { status, body } = await api.admin.post(`/v1/events/${settled}/replay`);
    expect([status, await progressOf(body.id)]).toMatchObject([
      202,
      { eventId: settled, webhookId: null, from: null, to: null, statuses: null, total: 1 },
    ]);
    expect(await runChunk(body.id)).toHaveLength(1);
    expect((await api.admin.get(`/v1/events/${settled}/deliveries`)).body.data).toMatchObject([
      { status: 'pending' },
    ]);
    const other = await api.admin.post(`/v1/events/${pending}/replay`);
    expect(await progressOf(other.body.id)).toMatchObject({ status: 'completed', total: 0 });
  });

  it('only counts its settled deliveries with dryRun', async () => {
    const { eventIds } = await webhookWith(['succeeded', 'pending']);
    const count = async (id: string | undefined) =>
      (await api.admin.post(`/v1/events/${id}/replay`, { dryRun: true })).body;
    expect([await count(eventIds[0]), await count(eventIds[1])]).toEqual([
      { id: null, total: 1 },
      { id: null, total: 0 },
    ]);
    expect(await listRunningReplays(api.deps.pool)).not.toContainEqual(
      expect.objectContaining({ eventId: decodeId('event', eventIds[0] ?? '') }),
    );
  });

  it('of an unknown event is not found', async () => {
    expect((await api.admin.post(`/v1/events/${encodeId('event', newId())}/replay`)).status).toBe(404);
  });
});

describe('cancelling a replay', () => {
  it('drops its pending deliveries and keeps the others', async () => {
    const { id: webhookId, eventIds } = await webhookWith(['failed', 'failed']);
    const { body } = await replayWebhook(webhookId);
    await runChunk(body.id, 1);
    const cancelled = await api.admin.post(`/v1/replays/${body.id}/cancel`);
    expect(cancelled).toMatchObject({
      status: 200,
      body: {
        id: body.id,
        status: 'cancelled',
        queued: 1,
        progress: { pending: 0, dropped: 1 },
        finishedAt: expect.any(String),
      },
    });
    expect((await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data).toMatchObject([
      { status: 'failed', reason: 'exhausted' },
      { status: 'dropped', reason: 'replay_cancelled' },
    ]);
    const explained = await api.admin.get(`/v1/events/${eventIds[0]}/explain?limit=200`);
    expect(
      explained.body.data.find((each: { webhookId: string }) => each.webhookId === webhookId),
    ).toMatchObject({
      matched: true,
      reason: 'replay_cancelled',
    });
  });

  it('has no effect if it is cancelled already, and is rejected once it is completed', async () => {
    const { id } = await webhookWith(['failed']);
    const running = await replayWebhook(id);
    const first = await api.admin.post(`/v1/replays/${running.body.id}/cancel`);
    expect(await api.admin.post(`/v1/replays/${running.body.id}/cancel`)).toMatchObject({
      status: 200,
      body: first.body,
    });
    const { body: audit } = await api.admin.get(
      `/v1/audit-entries?target=${running.body.id}&action=replay.cancelled`,
    );
    expect(audit.data).toHaveLength(1);
    const empty = await replayWebhook(id, { statuses: ['succeeded'] });
    expect(await api.admin.post(`/v1/replays/${empty.body.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', replayStatus: 'completed' },
    });
  });

  it('is not found for an unknown replay', async () => {
    const unknown = encodeId('replay', newId());
    expect((await api.admin.post(`/v1/replays/${unknown}/cancel`)).status).toBe(404);
    expect((await api.admin.get(`/v1/replays/${unknown}`)).status).toBe(404);
  });
});

describe('the list of replays', () => {
  it('shows those of a tenant, newest first, in pages', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'replays' });
    const client = api.client(tenant.key);
    const { id } = await createActiveWebhook(client, receiver);
    const created: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      created.push((await client.post(`/v1/webhooks/${id}/replay`, WEBHOOK_REPLAY())).body.id);
    }
    const first = await client.get('/v1/replays?limit=2');
    const rest = await api.admin.get(
      `/v1/replays?tenantId=${tenant.id}&limit=2&cursor=${first.body.nextCursor}`,
    );
    const listed = [...first.body.data, ...rest.body.data];
    expect(listed.map((replay: { id: string }) => replay.id)).toEqual(created.toReversed());
    expect(rest.body.nextCursor).toBeNull();
    expect(listed[0]).toMatchObject({ webhookId: id, status: 'completed' });
    expect(listed[0]).not.toHaveProperty('progress');
    const { id: another } = await createActiveWebhook(client, receiver);
    const count = async (query: string) => (await api.admin.get(`/v1/replays?${query}`)).body.data.length;
    expect([await count(`webhookId=${id}`), await count(`webhookId=${another}`)]).toEqual([3, 0]);
    expect(await count(`webhookId=${id}&status=completed`)).toBe(3);
    expect(await count(`webhookId=${id}&status=running`)).toBe(0);
  });
});

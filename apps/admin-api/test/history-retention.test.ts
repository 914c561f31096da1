import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { dropExpiredPartitions, freeHistoryClasses } from '@posthorn/database/retention';
import { settle } from '@posthorn/database/fixtures';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ payloadRetentionDays: 30, retentionDays: 60 });
const receiver = useReceiver(api);

const DAY_MS = 86_400_000;
const dayIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const endOf = (days: number) => `${dayIn(days + 1)}T00:00:00.000Z`;

const setHistory = (historyDays: number | null) =>
  api.admin.patch('/v1/tenants/default', { retention: { historyDays } });

const createType = (name: string, retention: object) =>
  api.admin.post('/v1/event-types', { name, retention });

/** Nothing has a shorter history. */
beforeEach(async () => {
  await api.deps.pool.query('UPDATE tenant SET history_days = NULL');
  await api.deps.pool.query('DELETE FROM event_type');
  await api.deps.pool.query('TRUNCATE settled_delivery, earlier_attempt, pending_delivery');
  await api.deps.pool.query(`UPDATE history_class SET unused_since = now() - interval '2 hours'`);
  for (let freed: number | null = null; freed === null;) freed = await freeHistoryClasses(api.deps.pool);
});

const put = (body: object) => api.admin.put('/v1/tenants/ext:history', { name: 'history', ...body });

async function publish(type: string) {
  const { body } = await api.admin.post('/v1/events', { type, data: { id: 'A-1' } });
  return body.id as string;
}

describe('the retention of history', () => {
  it('of an event type is set, changed and reset, beside that of payloads', async () => {
    const { status, body } = await createType('kept.changed', { historyDays: 7 });
    expect([status, body.retention]).toEqual([201, { payloadDays: null, historyDays: 7 }]);
    const path = '/v1/event-types/kept.changed';
    expect((await api.admin.patch(path, { description: 'x' })).body.retention).toEqual(body.retention);
    const changed = await api.admin.patch(path, { retention: { payloadDays: 3 } });
    expect(changed.body.retention).toEqual({ payloadDays: 3, historyDays: 7 });
    const reset = await api.admin.patch(path, { retention: { historyDays: null } });
    expect(reset.body.retention).toEqual({ payloadDays: 3, historyDays: null });
    const { body: audit } = await api.admin.get('/v1/audit-entries?action=event_type.updated');
    expect(audit.data[0]).toMatchObject({
      before: { retention: { historyDays: 7 } },
      after: { retention: { historyDays: null } },
    });
  });

  it('of a tenant is set, changes the entity tag, and is reset by a PUT without it', async () => {
    const first = await put({ retention: { historyDays: 7 } });
    expect(first.body.retention).toEqual({ payloadDays: null, historyDays: 7 });
    const second = await put({});
    expect(second.body.retention).toEqual({ payloadDays: null, historyDays: null });
    expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'));
  });

  it('is set by keys for all tenants only', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: `own key ${Date.now()}` });
    const path = `/v1/tenants/${tenant.id}`;
    const own = await api.client(tenant.key).patch(path, { retention: { historyDays: 1 } });
    expect(own.status).toBe(403);
  });

  it.each([
    [{ historyDays: 61 }, 'too_big', { limit: 60 }],
    [{ historyDays: 0 }, 'too_small', { limit: 1 }],
    [{ historyDays: 1.5 }, 'not_an_integer', {}],
    [{ historyDays: '7' }, 'not_a_number', {}],
  ])('is rejected if it is %j', async (retention, code, params) => {
    for (const call of [
      createType('kept.rejected', retention),
      api.admin.post('/v1/tenants', { name: 'rejected', retention }),
      api.admin.patch('/v1/tenants/default', { retention }),
    ])
      expect(await call).toMatchObject({
        status: 422,
        body: { errors: [expect.objectContaining({ path: 'retention.historyDays', code, params })] },
      });
  });

  it('is rejected if two other values are in use, which the message names', async () => {
    expect((await createType('kept.a', { historyDays: 7 })).status).toBe(201);
    expect((await createType('kept.b', { historyDays: 60 })).status).toBe(201);
    for (const call of [createType('kept.c', { historyDays: 3 }), setHistory(3)])
      expect(await call).toMatchObject({
        status: 422,
        body: {
          code: 'invalid_input',
          errors: [
            {
              path: 'retention.historyDays',
              code: 'history_days_in_use',
              params: { days: '7, 60' },
              message: 'must be one of those in use, which are at most two: 7, 60',
            },
          ],
        },
      });
    expect((await setHistory(60)).status).toBe(200);
  });
});

describe('an event', () => {
  it('shows when its history ends, and its payload leaves then at the latest', async () => {
    await createType('kept.both', { historyDays: 7 });
    await createType('kept.payload', { historyDays: 7, payloadDays: 3 });
    expect((await api.admin.get(`/v1/events/${await publish('kept.both')}`)).body).toMatchObject({
      historyUntil: endOf(7),
      payloadUntil: endOf(7),
    });
    expect((await api.admin.get(`/v1/events/${await publish('kept.payload')}`)).body).toMatchObject({
      historyUntil: endOf(7),
      payloadUntil: endOf(3),
    });
    await setHistory(40);
    expect((await api.admin.get(`/v1/events/${await publish('kept.other')}`)).body).toMatchObject({
      historyUntil: endOf(40),
      data: { id: 'A-1' },
    });
    // The shorter one.
    expect((await api.admin.get(`/v1/events/${await publish('kept.both')}`)).body.historyUntil).toBe(
      endOf(7),
    );
    await setHistory(null);
    expect((await api.admin.get(`/v1/events/${await publish('kept.other')}`)).body.historyUntil).toBeNull();
  });

  it('stays without its deliveries when its history has ended, and says that they are not known any more', async () => {
    await createType('kept.gone', { historyDays: 7 });
    const webhook = await createActiveWebhook(api.admin, receiver, { eventTypes: ['kept.gone'] });
    const eventId = await publish('kept.gone');
    const { body: before } = await api.admin.get(`/v1/events/${eventId}/deliveries`);
    const [delivery] = before.data;
    await settle(api.deps.pool, [decodeId('delivery', delivery.id) ?? ''], 'failed');
    await api.deps.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
    const cutoffs = { record: dayIn(-60), payload: dayIn(-60), today: dayIn(8), counted: dayIn(8) };
    for (let timedOut: string | null = ''; timedOut !== null;)
      ({ timedOut } = await dropExpiredPartitions(api.deps.pool, cutoffs));
    expect((await api.admin.get(`/v1/deliveries/${delivery.id}`)).status).toBe(404);
    expect((await api.admin.post(`/v1/deliveries/${delivery.id}/retry`)).status).toBe(404);
    expect((await api.admin.get(`/v1/events/${eventId}`)).status).toBe(200);
    const reason = async () => {
      const { body } = await api.admin.get(`/v1/events/${eventId}/explain`);
      return body.data.find((each: { webhookId: string }) => each.webhookId === webhook.id)?.reason;
    };
    expect(await reason()).toBe('not_recorded');
    // Its last day has passed.
    await api.deps.pool.query(
      `UPDATE event SET context = jsonb_set(context, '{historyDay}', to_jsonb($2::text)) WHERE id = $1`,
      [decodeId('event', eventId), dayIn(-1)],
    );
    expect(await reason()).toBe('history_expired');
  });
});

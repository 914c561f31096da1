import { describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

async function tenant(name: string): Promise<CheckedClient> {
  return api.client((await api.admin.post('/v1/tenants', { name })).body.key);
}

const DEFAULTS = {
  filter: null,
  rateLimit: null,
  maxInFlight: 100,
  autoSuspendAfterDays: 5,
  timeoutMs: 10_000,
};
const OTHERS = {
  filter: { properties: { amount: { minimum: 100 } }, required: ['amount'] },
  rateLimit: { limit: 50, perSeconds: 1 },
  maxInFlight: 1,
  autoSuspendAfterDays: 0,
  timeoutMs: 5000,
};

describe('the settings of a webhook', () => {
  it('have defaults', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const { body } = await api.admin.get(`/v1/webhooks/${id}`);
    expect(body).toMatchObject({ ...DEFAULTS, slow: false, failingSince: null });
  });

  it('are set on creation and returned', async () => {
    const created = await createWebhook(api.admin, receiver, OTHERS);
    expect(created).toMatchObject(OTHERS);
    expect((await api.admin.get(`/v1/webhooks/${created.id}`)).body).toMatchObject(OTHERS);
    const { body } = await api.admin.get('/v1/webhooks?limit=1');
    expect(body.data[0]).toMatchObject(OTHERS);
  });

  it('can all be null, for the defaults', async () => {
    const none = Object.fromEntries(Object.keys(OTHERS).map((name) => [name, null]));
    expect(await createWebhook(api.admin, receiver, none)).toMatchObject(DEFAULTS);
  });

  it.each(Object.entries(OTHERS))('can be changed individually: %s', async (name, value) => {
    const { id } = await createWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    const changed = await api.admin.patch(path, { [name]: value });
    expect(changed).toMatchObject({ status: 200, body: { ...DEFAULTS, [name]: value } });
    expect((await api.admin.patch(path, { description: 'x' })).body).toMatchObject({ [name]: value });
    expect((await api.admin.patch(path, { [name]: null })).body).toMatchObject(DEFAULTS);
    expect((await api.admin.get(path)).body).toMatchObject(DEFAULTS);
  });

  it('accept their limits', async () => {
    const most = {
      rateLimit: { limit: 10_000, perSeconds: 3600 },
      maxInFlight: 1000,
      autoSuspendAfterDays: 60,
    };
    expect(await createWebhook(api.admin, receiver, most)).toMatchObject(most);
  });
});

async function columnsOf(id: string): Promise<Record<string, unknown>> {
  const { rows } = await api.deps.pool.query(
    `SELECT filter_set_at, slow_since, failing_since, failing_percent FROM webhook WHERE url = $1`,
    [`${receiver.url}/${id}`],
  );
  return rows[0];
}

describe('the health of a webhook', () => {
  it('is shown, and reset by suspension, reactivation and a new URL', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    const inTrouble = { slow: true, failingSince: '2026-01-01T00:00:00.000Z' };
    const fails = () =>
      api.deps.pool.query(
        `UPDATE webhook SET slow_since = now(), failing_since = '2026-01-01Z', failing_percent = 50 WHERE id = $1`,
        [decodeId('webhook', id)],
      );
    const steps = [
      () => api.admin.post(`${path}/suspend`),
      () => api.admin.post(`${path}/reactivate`),
      () => validateWebhook(api.admin, receiver, id),
    ];
    for (const step of steps) {
      await fails();
      await api.admin.patch(path, { description: 'still', url: `${receiver.url}/elsewhere` });
      expect((await api.admin.get(path)).body).toMatchObject(inTrouble);
      await step();
      expect((await api.admin.get(path)).body).toMatchObject({ slow: false, failingSince: null });
    }
    const { rows } = await api.deps.pool.query('SELECT failing_percent FROM webhook WHERE id = $1', [
      decodeId('webhook', id),
    ]);
    expect(rows).toEqual([{ failing_percent: null }]);
  });

  it('includes since when the filter is set', async () => {
    const { id } = await createWebhook(api.admin, receiver, { url: `${receiver.url}/filter` });
    const setAt = async (filter: unknown) => {
      await api.admin.patch(`/v1/webhooks/${id}`, { filter });
      return (await columnsOf('filter'))['filter_set_at'];
    };
    const first = await setAt({ required: ['a'], minProperties: 1 });
    expect(first).toEqual(expect.any(Date));
    expect(await setAt({ minProperties: 1, required: ['a'] })).toEqual(first);
    expect(await setAt(undefined)).toEqual(first);
    const future = new Date(Date.now() + 3_600_000);
    await api.deps.pool.query('UPDATE webhook SET filter_set_at = $1 WHERE url = $2', [
      future,
      `${receiver.url}/filter`,
    ]);
    expect(await setAt({ required: ['b'] })).toEqual(new Date(future.getTime() + 1));
    expect(await setAt(null)).toBeNull();
  });
});

/** Costs 100. */
const costlyFilter = (n: number) => ({ properties: { [`n${n}`]: { pattern: 'x'.repeat(50) } } });

describe('the filters of a tenant', () => {
  const message = expect.stringMatching(/costs 100, and the other filters of the tenant cost 2000/);
  const tooExpensive = { status: 422, body: { errors: [{ path: 'filter', message }] } };
  const MOST = 20;

  it('have a limited cost together, in which equal filters count once', async () => {
    const client = await tenant('costly-filters');
    // On a busy machine some of many concurrent changes of a tenant are refused for now.
    const create = async (filter: object) => {
      for (;;) {
        const response = await client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'], filter });
        if (response.status !== 503) return response;
      }
    };
    const created = await Promise.all(Array.from({ length: MOST + 5 }, (_, n) => create(costlyFilter(n))));
    const accepted = created.filter(({ status }) => status === 201);
    expect(accepted).toHaveLength(MOST);
    expect(await create(costlyFilter(MOST + 5))).toMatchObject(tooExpensive);
    expect(await create(accepted[0]?.body.filter)).toMatchObject({ status: 201 });

    const { body: plain } = await create({ required: ['a'] });
    const patch = (id: string, filter: object | null) => client.patch(`/v1/webhooks/${id}`, { filter });
    expect(await patch(plain.id, costlyFilter(MOST + 5))).toMatchObject(tooExpensive);
    expect(await patch(accepted[1]?.body.id, costlyFilter(MOST + 5))).toMatchObject({ status: 200 });
    expect(await patch(accepted[2]?.body.id, null)).toMatchObject({ status: 200 });
    expect((await client.delete(`/v1/webhooks/${accepted[3]?.body.id}`)).status).toBe(204);
    expect(await patch(plain.id, costlyFilter(MOST + 6))).toMatchObject({ status: 200 });
    expect(await create(costlyFilter(MOST + 7))).toMatchObject({ status: 201 });
    expect(await create(costlyFilter(MOST + 8))).toMatchObject(tooExpensive);
  });

  it('do not count for other tenants', async () => {
    const client = await tenant('other-filters');
    const { status } = await client.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['a'],
      filter: costlyFilter(1),
    });
    expect(status).toBe(201);
  });
});

describe('a filter', () => {
  const filter = { properties: { amount: { minimum: 100 } }, required: ['amount'] };

  it('selects which events are sent, and explain gives the reason', async () => {
    const client = await tenant('filters');
    const picky = await createActiveWebhook(client, receiver, { filter, eventTypes: ['order.*'] });
    const later = await createActiveWebhook(client, receiver, { eventTypes: ['order.*'] });
    const publish = async (data: unknown) =>
      (await client.post('/v1/events', { type: 'order.paid', data })).body;
    expect(await publish({ amount: 100 })).toMatchObject({ deliveries: 2 });
    const small = await publish({ amount: 99 });
    expect(small).toMatchObject({ deliveries: 1 });

    const { body } = await client.get(`/v1/events/${small.id}/explain`);
    expect(body.data).toMatchObject([
      { webhookId: later.id, matched: true, reason: 'pending' },
      {
        webhookId: picky.id,
        matched: false,
        reason: 'filtered_out',
        violation: { path: 'data.amount', code: 'too_small' },
      },
    ]);

    await client.patch(`/v1/webhooks/${picky.id}`, { filter: { required: ['other'] } });
    const changed = await client.get(`/v1/events/${small.id}/explain`);
    expect(changed.body.data[1]).toMatchObject({ webhookId: picky.id, reason: 'not_recorded' });
    expect(changed.body.data[1]).not.toHaveProperty('detail');

    await client.patch(`/v1/webhooks/${picky.id}`, { filter: null });
    expect(await publish({})).toMatchObject({ deliveries: 2 });
  });

  it('does not apply to test events', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { filter, eventTypes: ['x'] });
    const tested = await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'x' });
    expect(tested).toMatchObject({ status: 200, body: { succeeded: true } });
  });

  it.each<[string, unknown, string]>([
    ['an unknown keyword', { amount: 5 }, 'filter.amount'],
    [
      'a pattern with exponential backtracking',
      { properties: { x: { pattern: '(a+)+$' } } },
      'filter.properties.x.pattern',
    ],
    ['a reference', { anyOf: [{ $ref: '#' }] }, 'filter.anyOf[0].$ref'],
    ['more than 4 KB', { description: 'x'.repeat(4100) }, 'filter'],
    [
      'a filter that is too slow',
      { items: { allOf: Array.from({ length: 50 }, () => ({ type: 'null' })) } },
      'filter',
    ],
    ['a list', [], 'filter'],
    ['text', 'amount > 5', 'filter'],
    ['NUL', { const: '\0' }, 'filter'],
  ])('is rejected with %s, at POST and at PATCH', async (_name, invalid, path) => {
    const { id } = await createWebhook(api.admin, receiver);
    const responses = [
      await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'], filter: invalid }),
      await api.admin.patch(`/v1/webhooks/${id}`, { filter: invalid }),
    ];
    for (const response of responses) {
      expect(response).toMatchObject({
        status: 422,
        body: { code: 'invalid_input', errors: [{ path, message: expect.any(String) }] },
      });
    }
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.filter).toBeNull();
  });
});

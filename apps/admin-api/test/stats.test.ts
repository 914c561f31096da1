import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, newId, STANDARD_FORMAT_ID } from '@posthorn/core';
import { recordAttempts } from '@posthorn/database/deliveries';
import { aggregateStats } from '@posthorn/database/statistics';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const MINUTE_MS = 60_000;
const minute = (index: number) => new Date(Math.floor(Date.now() / MINUTE_MS + index) * MINUTE_MS);

const api = useApi();
const receiver = useReceiver(api);
let webhookId: string;
beforeAll(async () => {
  ({ id: webhookId } = await createActiveWebhook(api.admin, receiver));
  await api.admin.post('/v1/events', { type: 'a.b', data: {} });
  const { body } = await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`);
  const attempt = {
    deliveryId: decodeId('delivery', body.data[0].id) ?? '',
    epoch: 0,
    dueAt: new Date(body.data[0].nextAttemptAt),
    startedAt: new Date(),
    responseBody: null,
    responseHeaders: null,
    errorCode: null,
    errorMessage: null,
    reason: null,
    isExhausted: false,
    isUnscheduled: false,
    parked: false,
    formatId: STANDARD_FORMAT_ID,
  };
  await recordAttempts(api.deps.pool, [
    {
      ...attempt,
      id: newId(),
      durationMs: 200,
      responseStatus: 500,
      status: 'pending',
      retryDelayMs: 0,
    },
  ]);
  await recordAttempts(api.deps.pool, [
    {
      ...attempt,
      id: newId(),
      durationMs: 20,
      responseStatus: 200,
      status: 'succeeded',
      retryDelayMs: null,
    },
  ]);
  await aggregateStats(api.deps.pool, { from: minute(-2), to: minute(2) });
});

const stats = (query = '') => api.admin.get(`/v1/stats${query}`);

describe('GET /v1/stats', () => {
  it('counts the last hour in total, per minute and per webhook', async () => {
    const { status, body } = await stats();
    expect(status).toBe(200);
    const counts = { succeeded: 1, failed: 0, dropped: 0, attempts: 2, failedAttempts: 1, successRate: 0.5 };
    expect(body).toMatchObject({ interval: 'minute', total: counts, webhooks: [{ webhookId, ...counts }] });
    expect(body.total.latencyMs.p50).toBeGreaterThanOrEqual(19);
    expect(body.total.latencyMs.p50).toBeLessThanOrEqual(21);
    expect(body.total.latencyMs.p99).toBeGreaterThanOrEqual(190);
    expect(body.total.latencyMs.p99).toBeLessThanOrEqual(210);
    expect(body.intervals.length).toBeGreaterThanOrEqual(60);
    expect(body.intervals.filter((interval: { attempts: number }) => interval.attempts > 0)).toMatchObject([
      counts,
    ]);
  });

  it('returns null rates and latencies without attempts', async () => {
    const { body } = await stats('?from=2026-01-01T00:00:00Z&to=2026-01-01T01:30:00Z&interval=hour');
    const nothing = {
      succeeded: 0,
      failed: 0,
      dropped: 0,
      attempts: 0,
      failedAttempts: 0,
      successRate: null,
      latencyMs: { p50: null, p95: null, p99: null },
    };
    expect(body).toEqual({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T02:00:00.000Z',
      interval: 'hour',
      total: nothing,
      pending: expect.any(Object),
      intervals: [
        { time: '2026-01-01T00:00:00.000Z', ...nothing },
        { time: '2026-01-01T01:00:00.000Z', ...nothing },
      ],
      webhooks: [],
    });
  });

  it('can be restricted to a webhook, and excludes other tenants', async () => {
    const { body: other } = await createOther();
    expect((await api.client(other.key).get('/v1/stats')).body.total.attempts).toBe(0);
    expect((await api.client(other.key).get(`/v1/stats?webhookId=${webhookId}`)).body.webhooks).toEqual([]);
    expect((await stats(`?webhookId=${webhookId}&interval=day`)).body.total.attempts).toBe(2);
    expect((await stats(`?tenantId=${other.id}`)).body.total.attempts).toBe(0);
  });

  it.each([
    ['?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'to'],
    ['?from=2026-01-01T00:00:00Z&to=2026-01-05T00:00:00Z', 'from'],
    ['?from=0000-01-01T00:00:00Z&to=0000-01-01T01:00:00Z', 'to'],
    ['?interval=year', 'interval'],
    ['?webhookId=wh_1', 'webhookId'],
  ])('rejects %s', async (query, path) => {
    expect(await stats(query)).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path }] },
    });
  });
});

const createOther = () => api.admin.post('/v1/tenants', { name: 'other' });

const trends = (query: string, client = api.admin) => client.get(`/v1/stats/webhooks?${query}`);

describe('GET /v1/stats/webhooks', () => {
  it('counts per requested webhook, for every interval of the range', async () => {
    const unknown = 'wh_01jw000000e008000000000001';
    const { status, body } = await trends(`webhookIds=${unknown},${webhookId}`);
    expect(status).toBe(200);
    expect(body.data.map((trend: { webhookId: string }) => trend.webhookId)).toEqual([unknown, webhookId]);
    const [nothing, something] = body.data;
    expect(nothing.intervals.length).toBeGreaterThanOrEqual(24);
    expect(sum(nothing.intervals)).toEqual([0, 0, 0]);
    expect(sum(something.intervals)).toEqual([1, 0, 1]);
    expect(something.intervals.map(({ time }: { time: string }) => time)).toEqual(
      nothing.intervals.map(({ time }: { time: string }) => time),
    );
  });

  it('returns zeros for webhooks of another tenant', async () => {
    const { body: stranger } = await api.admin.post('/v1/tenants', { name: 'stranger' });
    const { body } = await trends(`webhookIds=${webhookId}`, api.client(stranger.key));
    expect(sum(body.data[0].intervals)).toEqual([0, 0, 0]);
  });

  it.each([
    ['', 'webhookIds'],
    ['webhookIds=', 'webhookIds[0]'],
    ['webhookIds=wh_1', 'webhookIds[0]'],
    [`webhookIds=${webhookIds(201)}`, 'webhookIds'],
    [`webhookIds=${webhookIds(1)}&from=2026-01-01T00:00:00Z&to=2026-01-06T00:00:00Z`, 'from'],
  ])('rejects %s', async (query, path) => {
    expect(await trends(query)).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path }] },
    });
  });
});

function webhookIds(count: number): string {
  return Array.from({ length: count }, () => encodeId('webhook', newId())).join(',');
}

const sum = (intervals: { succeeded: number; failed: number; failedAttempts: number }[]) => [
  intervals.reduce((so, { succeeded }) => so + succeeded, 0),
  intervals.reduce((so, { failed }) => so + failed, 0),
  intervals.reduce((so, { failedAttempts }) => so + failedAttempts, 0),
];

// What the API does while erased data may be back in the database.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ROUTES, type RouteDefinition } from '@posthorn/contract';
import type { Actor } from '@posthorn/core';
import { quarantineDatabase, releaseDatabase } from '@posthorn/database/restores';
import type { QuarantineState } from '@posthorn/flow';
import { createActiveWebhook } from '@posthorn/testkit';
import { runErasures } from './run-erasures.js';
import { useApi, useReceiver } from './use-api.js';

/** The quarantine of this process, which the tests set. */
const quarantine = {
  state: 'released' as QuarantineState,
  /** Reads of the state until it becomes `unknown`. */
  reads: Infinity,
  noted: 0,
  get isHeld() {
    return this.state !== 'released';
  },
  async noteErasure() {
    this.noted += 1;
  },
  async release(actor: Actor) {
    const isReleased = await releaseDatabase(api.deps.pool, { erasureCount: 0, actor });
    if (isReleased) this.state = 'released';
    return isReleased;
  },
};
const api = useApi({ quarantine });
const receiver = useReceiver(api);
beforeEach(async () => {
  quarantine.state = 'released';
  await releaseDatabase(api.deps.pool, { erasureCount: 0 });
});

async function start(): Promise<void> {
  await quarantineDatabase(api.deps.pool, 'erasures_lost', 1000);
  quarantine.state = 'quarantined';
}

async function publish(): Promise<string> {
  const { status, body } = await api.admin.post('/v1/events', { type: 'order.paid', data: { n: 1 } });
  expect(status).toBe(202);
  return body.id;
}

const UNAVAILABLE = {
  status: 503,
  body: { code: 'unavailable', detail: expect.stringContaining('posthorn erasures replay') },
};

const routes: [id: string, route: RouteDefinition][] = Object.entries(ROUTES);

describe('a quarantined database', () => {
  it('accepts events and changes, but sends and shows nothing that is stored', async () => {
    const { id: webhookId } = await createActiveWebhook(api.admin, receiver);
    const eventId = await publish();
    await start();
    await publish();
    expect((await api.admin.patch(`/v1/webhooks/${webhookId}`, { description: 'changed' })).status).toBe(200);
    const requests = receiver.requests.length;
    for (const path of [
      `/v1/events/${eventId}`,
      '/v1/events',
      '/v1/deliveries',
      `/v1/webhooks/${webhookId}/feed`,
      '/v1/rejected-events',
      '/v1/search?q=order',
      '/v1/tenants/default/export',
      '/v1/audit-entries/export',
    ])
      expect([path, await api.admin.get(path)]).toMatchObject([path, UNAVAILABLE]);
    for (const [path, body] of [
      ['test', { eventType: 'order.paid' }],
      ['validation', {}],
    ] as const)
      expect([path, await api.admin.post(`/v1/webhooks/${webhookId}/${path}`, body)]).toMatchObject([
        path,
        UNAVAILABLE,
      ]);
    expect(receiver.requests).toHaveLength(requests);
  });

  it('refuses a response that was read from a database which was restored meanwhile', async () => {
    const eventId = await publish();
    let reads = 0;
    const released = Object.getOwnPropertyDescriptor(quarantine, 'state');
    // Released when the call begins, quarantined when its response is ready.
    Object.defineProperty(quarantine, 'state', {
      configurable: true,
      get: () => ((reads += 1) > 2 ? 'quarantined' : 'released'),
    });
    expect(await api.admin.get(`/v1/events/${eventId}`)).toMatchObject(UNAVAILABLE);
    if (released) Object.defineProperty(quarantine, 'state', released);
  });

  it('is shown, and is released when no erasure is running', async () => {
    const eventId = await publish();
    expect((await api.admin.get('/v1/quarantine')).body).toEqual({
      status: 'released',
      since: null,
      runningErasures: 0,
    });
    expect(await api.admin.post('/v1/quarantine/release', {})).toMatchObject({ status: 409 });
    await start();
    const { status, body } = await api.admin.post('/v1/erasures', { eventId });
    expect([status, quarantine.noted]).toEqual([202, 1]);
    expect((await api.admin.get('/v1/quarantine')).body).toEqual({
      status: 'quarantined',
      since: expect.stringMatching(/Z$/),
      runningErasures: 1,
    });
    expect(await api.admin.post('/v1/quarantine/release', {})).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', detail: '1 erasures are running' },
    });
    await runErasures(api.deps.pool);
    expect((await api.admin.get(`/v1/erasures/${body.id}`)).body.status).toBe('completed');
    expect(await api.admin.post('/v1/quarantine/release', {})).toMatchObject({
      status: 200,
      body: { status: 'released', since: null },
    });
    expect((await api.admin.get(`/v1/events/${eventId}`)).body).toMatchObject({ erased: true, data: null });
    const { data } = (await api.admin.get('/v1/audit-entries?limit=200')).body;
    expect(data.find(({ action }: { action: string }) => action === 'quarantine.released')).toMatchObject({
      target: 'database',
      tenantId: null,
    });
  });

  it('is released by force while an erasure is running', async () => {
    const eventId = await publish();
    await start();
    await api.admin.post('/v1/erasures', { eventId });
    expect(await api.admin.post('/v1/quarantine/release', { force: true })).toMatchObject({ status: 200 });
    await runErasures(api.deps.pool);
  });

  it('accepts no erasure before it is known whether others were lost', async () => {
    const eventId = await publish();
    quarantine.state = 'unknown';
    expect(await api.admin.post('/v1/erasures', { eventId })).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('Redis') },
    });
    expect(await api.admin.get(`/v1/events/${eventId}`)).toMatchObject({ status: 503 });
  });

  it('refuses every call that reads events, deliveries or rejected events', () => {
    const reading = routes.filter(
      ([, { method, path }]) =>
        method === 'get' && /^\/v1\/(?:events|deliveries|rejected-events|search)\b/.test(path),
    );
    expect(reading.length).toBeGreaterThan(8);
    expect(reading.filter(([, route]) => !route.isHeldInQuarantine)).toEqual([]);
  });
});

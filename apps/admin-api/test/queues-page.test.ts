import { describe, expect, it } from '@jest/globals';
import { LANES, newId } from '@posthorn/core';
import { createQueueInspector } from '@posthorn/queue';
import { freshQueuePrefix, startCuttableProxy } from '@posthorn/testkit';
import { clientWith, signIn } from './sign-in.js';
import { startApi } from './start-api.js';
import { useApi } from './use-api.js';

const PAGE = '/admin/queues';
const LIST = '/admin/queues/api/queues';
const FAILURES = 5;

const api = useApi({ authFailuresPerMinute: FAILURES, trustProxy: ['127.0.0.0/8'] });

async function keyWith(fields: Record<string, unknown>): Promise<string> {
  return (await api.admin.post('/v1/api-keys', fields)).body.key;
}

const namesIn = ({ body }: { body: { queues: { name: string }[] } }) => body.queues.map(({ name }) => name);

describe('the queues page', () => {
  it.each([PAGE, LIST, `${PAGE}/static/favicon.ico`])(
    'is for who may administer everything: %s',
    async (path) => {
      const { id } = (await api.admin.post('/v1/tenants', { name: path })).body;
      const bound = await keyWith({ tenantId: id, scopes: ['admin'] });
      const reader = await keyWith({ scopes: ['webhooks:read', 'deliveries:read'] });
      expect((await api.client().get(path)).status).toBe(401);
      for (const client of [api.client(bound), await signIn(api, bound)])
        expect(await client.get(path)).toMatchObject({
          status: 403,
          body: { detail: 'Requires an API key for all tenants' },
        });
      for (const client of [api.client(reader), await signIn(api, reader)])
        expect(await client.get(path)).toMatchObject({
          status: 403,
          body: { detail: 'Requires the scope admin' },
        });
      expect((await api.admin.get(path)).status).toBe(200);
      expect((await (await signIn(api, api.adminKey)).get(path)).status).toBe(200);
    },
  );

  it('rejects requests from other sites', async () => {
    const page = await signIn(api, api.adminKey);
    expect(await page.get(LIST, { 'sec-fetch-site': 'cross-site' })).toMatchObject({
      status: 403,
      body: { code: 'cross_site_request' },
    });
  });

  it('counts invalid keys', async () => {
    const stranger = clientWith(api.client('phk_wrong'), { 'x-forwarded-for': '192.0.2.1' });
    for (let tries = 0; tries < FAILURES; tries += 1) expect((await stranger.get(PAGE)).status).toBe(401);
    expect((await stranger.get(PAGE)).status).toBe(429);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is read-only: rejects %s', async (method) => {
    const headers = { authorization: `Bearer ${api.adminKey}` };
    for (const path of ['', '/api/queues/pause', '/api/queues/events/pause', '/api/queues/events/add']) {
      const response = await fetch(api.url + PAGE + path, { method, headers });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
    for (const { queue } of await api.deps.queueInspector.queues())
      expect(await queue.isPaused()).toBe(false);
  });

  it('loads only files from this server, enforced by its policy', async () => {
    const page = await api.admin.get(PAGE);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('x-powered-by')).toBeNull();
    const html = String(page.body);
    expect(html).toContain('<base href="/admin/queues/" />');
    const files = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files)
      expect([file, (await api.admin.get(`${PAGE}/${file}`)).status]).toEqual([file, 200]);
    expect(html).not.toMatch(/https?:|style=|<style/);
  });

  it('has its own fonts, for administrators only', async () => {
    expect(String((await api.admin.get(PAGE)).body)).toContain('<link href="fonts.css" rel="stylesheet"');
    const stylesheet = await api.admin.get(`${PAGE}/fonts.css`);
    expect(stylesheet.headers.get('content-type')).toMatch(/^text\/css/);
    const files = [...String(stylesheet.body).matchAll(/url\(([^)]+)\)/g)].map(
      ([, file]) => `${PAGE}/${file}`,
    );
    expect(files).toHaveLength(5);
    const headers = { authorization: `Bearer ${api.adminKey}` };
    for (const file of files) {
      const font = await fetch(api.url + file, { headers });
      expect([font.status, font.headers.get('content-type')]).toEqual([200, 'font/woff2']);
      expect((await fetch(api.url + file)).status).toBe(401);
    }
  });

  it('lists every lane and the events queue with their jobs', async () => {
    for (const lane of LANES)
      await api.deps.deliveries.enqueue([
        { deliveryId: newId(), lane },
        { deliveryId: newId(), lane, delayMs: 3_600_000 },
      ]);
    const [events] = await api.deps.queueInspector.queues();
    await events?.queue.add('order.paid', { data: { total: 5 } });

    const list = await api.admin.get(`${LIST}?activeQueue=events`);
    expect(namesIn(list)).toEqual(['events', ...LANES.map((lane) => `deliveries-${lane}`)]);
    const [pushes, ...lanes] = list.body.queues;
    expect(pushes).toMatchObject({
      readOnlyMode: true,
      counts: { waiting: 1 },
      jobs: [{ name: 'order.paid', data: { data: { total: 5 } } }],
    });
    for (const lane of lanes)
      expect(lane).toMatchObject({ readOnlyMode: true, counts: { waiting: 1, delayed: 1 } });
  });

  it('is recorded once for each session and hour, for people only', async () => {
    const views = async () => (await api.admin.get('/v1/audit-entries?action=queues.viewed')).body.data;
    const before = (await views()).length;
    const bound = await keyWith({
      tenantId: (await api.admin.post('/v1/tenants', { name: 'views' })).body.id,
      scopes: ['admin'],
    });
    const sessions = [await signIn(api, api.adminKey), await signIn(api, api.adminKey)];
    for (const session of sessions)
      for (const path of [PAGE, LIST, LIST]) expect((await session.get(path)).status).toBe(200);
    expect((await api.admin.get(LIST)).status).toBe(200);
    expect((await (await signIn(api, bound)).get(LIST)).status).toBe(403);
    const added = (await views()).slice(0, -before || undefined);
    expect(added).toHaveLength(2);
    for (const view of added)
      expect(view).toMatchObject({
        tenantId: null,
        target: 'queues',
        actor: { keyId: expect.any(String), sessionId: expect.any(String) },
      });
    expect(added[0].actor.sessionId).not.toBe(added[1].actor.sessionId);
  });

  it('has no other pages', async () => {
    expect((await api.admin.get(`${PAGE}/static/nothing.js`)).status).toBe(404);
    expect((await api.admin.get(`${PAGE}/nothing`, { accept: 'text/html' })).status).toBe(404);
  });
});

it('lists each shard of a lane and of the pushes', async () => {
  const queueInspector = createQueueInspector({ ...freshQueuePrefix(), shards: 2 });
  const sharded = await startApi({ queueInspector });
  try {
    expect(namesIn(await sharded.admin.get(LIST))).toEqual([
      'events',
      'shard-1.events',
      'shard-2.events',
      ...[1, 2].flatMap((shard) => LANES.map((lane) => `shard-${shard}.deliveries-${lane}`)),
    ]);
  } finally {
    await sharded.close();
    await queueInspector.stop();
  }
});

it('responds with 503 while Redis is unavailable, before and after it was connected', async () => {
  const { redisUrl, prefix } = freshQueuePrefix();
  const nowhere = createQueueInspector({ redisUrl: 'redis://127.0.0.1:1', prefix });
  const proxy = await startCuttableProxy(redisUrl);
  const behindProxy = createQueueInspector({ redisUrl: proxy.url, prefix });
  let queues = nowhere.queues;
  const disconnected = await startApi({ queueInspector: { queues: () => queues(), stop: async () => {} } });
  const unavailable = {
    status: 503,
    body: { code: 'unavailable', detail: 'Redis is unavailable, so the queues cannot be shown' },
  };
  try {
    expect(await disconnected.admin.get(PAGE)).toMatchObject(unavailable);
    queues = behindProxy.queues;
    expect((await disconnected.admin.get(PAGE)).status).toBe(200);
    await proxy.close();
    expect(await disconnected.admin.get(LIST)).toMatchObject(unavailable);
  } finally {
    await disconnected.close();
    await nowhere.stop();
    await behindProxy.stop();
  }
});

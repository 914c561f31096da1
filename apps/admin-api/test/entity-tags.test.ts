import { describe, expect, it } from '@jest/globals';
import { decodeId, sealCustomHeaders } from '@posthorn/core';
import { createWebhook, latestCode } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

interface Tagged {
  path: string;
  tag: string;
}

async function newWebhook(): Promise<Tagged> {
  const body = { url: receiver.url, eventTypes: ['b.*', 'a'], metadata: { b: 1, a: { d: 1, c: 2 } } };
  const created = await api.admin.post('/v1/webhooks', body);
  return { path: `/v1/webhooks/${created.body.id}`, tag: tagOf(created) };
}

async function newTenant(): Promise<Tagged> {
  const created = await api.admin.post('/v1/tenants', { name: `tenant ${Math.random()}` });
  return { path: `/v1/tenants/${created.body.id}`, tag: tagOf(created) };
}

const tagOf = ({ headers }: { headers: Headers }): string => headers.get('etag') ?? 'none';
const tagAt = async (path: string): Promise<string> => tagOf(await api.admin.get(path));

const KINDS = [
  { kind: 'webhook', create: newWebhook, change: { description: 'changed' } },
  { kind: 'webhook with a tag', create: newWebhook, change: { tags: ['changed'] } },
  { kind: 'tenant', create: newTenant, change: { contactEmail: 'changed@customer.example' } },
  { kind: 'tenant with a tag', create: newTenant, change: { tags: ['changed'] } },
  { kind: 'tenant with metadata', create: newTenant, change: { metadata: { changed: true } } },
  { kind: 'tenant with a time zone', create: newTenant, change: { timeZone: 'Asia/Tokyo' } },
];

describe.each(KINDS)('the entity tag of a $kind', ({ create, change }) => {
  it('is the same in each response and changes with a setting', async () => {
    const { path, tag } = await create();
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(await tagAt(path)).toBe(tag);

    const changed = await api.admin.patch(path, change);
    expect(tagOf(changed)).not.toBe(tag);
    expect(await tagAt(path)).toBe(tagOf(changed));
  });

  it('makes If-None-Match of a GET a 304', async () => {
    const { path, tag } = await create();
    for (const condition of [tag, `"other", W/${tag}`, '*']) {
      const { status, body, headers } = await api.admin.get(path, { 'if-none-match': condition });
      expect([status, body, headers.get('etag')]).toEqual([304, undefined, tag]);
    }
    expect((await api.admin.get(path, { 'if-none-match': '"other"' })).status).toBe(200);
    await api.admin.patch(path, change);
    expect((await api.admin.get(path, { 'if-none-match': tag })).status).toBe(200);
  });

  it('is the condition of a PATCH', async () => {
    const { path, tag } = await create();
    for (const condition of ['"other"', `W/${tag}`]) {
      const refused = await api.admin.patch(path, change, { 'if-match': condition });
      expect([refused.status, refused.body.code]).toEqual([412, 'precondition_failed']);
    }
    expect(await tagAt(path)).toBe(tag);
    const changed = await api.admin.patch(path, change, { 'if-match': `"other", ${tag}` });
    expect(changed.status).toBe(200);
    expect((await api.admin.patch(path, change, { 'if-match': tag })).status).toBe(412);
    expect((await api.admin.patch(path, change, { 'if-match': '*' })).status).toBe(200);
    expect((await api.admin.patch(path, change, { 'if-none-match': '*' })).status).toBe(412);
  });

  it('lets one of many simultaneous changes through', async () => {
    const { path, tag } = await create();
    const changes = Array.from({ length: 10 }, async (_, index) => {
      const body = path.startsWith('/v1/webhooks/')
        ? { description: `${index}` }
        : { name: `${path} ${index}` };
      return (await api.admin.patch(path, body, { 'if-match': tag })).status;
    });
    const statuses = await Promise.all(changes);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(9);
  });

  it('is an error if it is not one, beside all others', async () => {
    const { path } = await create();
    const { status, body } = await api.admin.patch(path, { nonsense: 1 }, { 'if-match': 'abc' });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: 'If-Match', code: 'not_entity_tags' }, { path: 'nonsense' }]);
  });

  it('does not matter for an unknown resource', async () => {
    const { path } = await create();
    const unknown = path.replace(/.{8}$/, '00000000');
    expect((await api.admin.patch(unknown, change, { 'if-match': '"any"' })).status).toBe(404);
  });
});

describe.each([
  { path: '/v1/webhooks/ext:put', body: () => ({ url: receiver.url, eventTypes: ['a'] }) },
  { path: '/v1/tenants/ext:put', body: () => ({ name: 'put' }) },
])('PUT $path', ({ path, body }) => {
  it('creates only with If-None-Match: *, and replaces only with If-Match', async () => {
    expect((await api.admin.put(path, body(), { 'if-match': '*' })).status).toBe(412);
    const created = await api.admin.put(path, body(), { 'if-none-match': '*' });
    expect([created.status, tagOf(created)]).toEqual([201, await tagAt(path)]);
    expect((await api.admin.put(path, body(), { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.admin.put(path, body(), { 'if-match': '"other"' })).status).toBe(412);
    const replaced = await api.admin.put(path, body(), { 'if-match': tagOf(created) });
    expect([replaced.status, tagOf(replaced)]).toEqual([200, await tagAt(path)]);
  });
});

describe('a webhook', () => {
  it('is deleted only with its tag', async () => {
    const { path, tag } = await newWebhook();
    expect((await api.admin.delete(path, { 'if-match': '"other"' })).status).toBe(412);
    expect((await api.admin.get(path)).status).toBe(200);
    expect((await api.admin.delete(path, { 'if-match': tag })).status).toBe(204);
    expect((await api.admin.delete(path, { 'if-match': '*' })).status).toBe(404);
  });

  it('is suspended and reactivated only with its tag, and each response has the next one', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    await api.admin.post(`${path}/validation`);
    await api.admin.post(`${path}/validation/confirm`, { code: latestCode(receiver, id) });
    const stale = { 'if-match': '"other"' };
    for (const action of ['suspend', 'reactivate']) {
      const refused = await api.admin.post(`${path}/${action}`, {}, stale);
      const before = await tagAt(path);
      expect([refused.status, refused.body.code]).toEqual([412, 'precondition_failed']);
      const changed = await api.admin.post(`${path}/${action}`, {}, { 'if-match': before });
      expect([changed.status, tagOf(changed)]).toEqual([200, await tagAt(path)]);
      expect(tagOf(changed)).not.toBe(before);
    }
  });

  it('is suspended with the same Idempotency-Key after the condition was wrong', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    await api.admin.post(`${path}/validation`);
    await api.admin.post(`${path}/validation/confirm`, { code: latestCode(receiver, id) });
    const suspend = (tag: string) =>
      api.admin.post(`${path}/suspend`, {}, { 'if-match': tag, 'idempotency-key': `suspend ${id}` });
    expect((await suspend('"other"')).status).toBe(412);
    expect((await suspend(await tagAt(path))).status).toBe(200);
  });

  it('has the same tag after every setting was changed and read again', async () => {
    const { path } = await newWebhook();
    const changed = await api.admin.patch(path, {
      eventTypes: ['z', 'B', 'a.b', 'a_b'],
      headers: { 'x-secret': '1' },
      metadata: { z: [1.5, { b: null, a: 'ü' }], a: 0 },
      filter: { required: ['b'], properties: { b: { minimum: 1.0 }, a: { const: 5 } } },
      retrySchedule: [1, 2],
      rateLimit: { limit: 5, perSeconds: 1 },
      deliveryFormat: { body: 'data', headers: { id: 'x-id' } },
    });
    expect([changed.status, changed.body.errors]).toEqual([200, undefined]);
    expect(await tagAt(path)).toBe(tagOf(changed));
  });

  it('has another tag after a suspension, but not after a change of its health or its secrets', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    const tag = await tagAt(path);
    await api.deps.pool.query(
      `UPDATE webhook SET health = 'failing', health_since = now(), failing_since = now(), slow_since = now(), dropped_epoch = 7`,
    );
    await api.admin.post(`${path}/secrets/rotate`);
    expect(await tagAt(path)).toBe(tag);
    await api.admin.post(`${path}/validation`);
    const code = latestCode(receiver, id);
    expect((await api.admin.post(`${path}/validation/confirm`, { code })).status).toBe(200);
    const active = await tagAt(path);
    expect(active).not.toBe(tag);
    await api.admin.post(`${path}/suspend`);
    expect(await tagAt(path)).not.toBe(active);
  });
});

it('the entity tag of a webhook changes with its headers, and not when they are sealed again', async () => {
  const { path } = await newWebhook();
  const change = async (headers: object) => tagOf(await api.admin.patch(path, { headers }));
  const tag = await change({ 'x-a': '1', 'x-b': '2' });
  const id = decodeId('webhook', path.slice('/v1/webhooks/'.length));
  const { pool, sealer } = api.deps;
  const resealed = sealCustomHeaders(id ?? '', { 'x-b': '2', 'x-a': '1' }, sealer);
  await pool.query('UPDATE webhook SET headers_sealed = $2 WHERE id = $1', [id, resealed]);
  expect(await tagAt(path)).toBe(tag);
  expect(await change({ 'x-a': '1', 'x-b': '3' })).not.toBe(tag);
  expect(await change({ 'x-a': '1', 'x-c': '2' })).not.toBe(tag);
  expect(await change({ 'x-a': '1', 'x-b': '2' })).toBe(tag);
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BARRIER_MS, decodeId } from '@posthorn/core';
import { type Receiver, createActiveWebhook } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
let slowApi: TestApi;
let receiver: Receiver;
beforeAll(async () => {
  api = await startApi();
  slowApi = await startApi({ barrierMs: BARRIER_MS });
  receiver = await api.receiver();
});
afterAll(() => Promise.all([api.close(), slowApi.close()]));

const HOUR_MS = 3_600_000;

const asWhsec = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;

const CREDENTIAL = 'Bearer very-secret-credential';

describe('a test send', () => {
  it('sends one signed request with the example of the type and returns the outcome', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target, {
      headers: { Authorization: CREDENTIAL },
    });
    await api.admin.post('/v1/event-types', { name: 'with.example', example: { hello: 'world' } });
    target.handle(() => ({ status: 418, body: 'I am a teapot' }));
    const { status, body } = await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'with.example' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      webhookId: id,
      eventType: 'with.example',
      succeeded: false,
      responseStatus: 418,
      responseBody: 'I am a teapot',
      error: null,
    });
    target.verify(secret);
    const sent = target.requests.at(-1);
    expect(sent?.headers['authorization']).toBe(CREDENTIAL);
    expect(sent?.json()).toMatchObject({ id: body.eventId, type: 'with.example', data: { hello: 'world' } });
    expect(body.request.body).toBe(sent?.body);
    expect(body.request).toMatchObject({
      method: 'POST',
      url: target.url,
      headers: { authorization: CREDENTIAL, 'webhook-id': body.eventId },
      secretHeaders: ['authorization', 'webhook-signature'],
    });
    expect(body.request.headers['webhook-signature']).toBe(sent?.headers['webhook-signature']);
    expect(body.responseHeaders).toMatchObject({ connection: 'keep-alive' });
    expect((await api.admin.get(`/v1/deliveries?webhookId=${id}`)).body.data).toEqual([]);
  });

  it('sends the given data instead of the example', async () => {
    const target = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, target);
    await api.admin.post('/v1/event-types', { name: 'with.data', example: { hello: 'world' } });
    const send = (data: unknown) =>
      api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'with.data', data });
    expect((await send({ edited: [1, 'é'] })).status).toBe(200);
    expect(target.requests.at(-1)?.json().data).toEqual({ edited: [1, 'é'] });
    expect(await send('text')).toMatchObject({ status: 422, body: { errors: [{ path: 'data' }] } });
  });

  it('returns the error if there was no response', async () => {
    const target = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, target);
    const setTimeoutMs = (timeoutMs: number) => api.admin.patch(`/v1/webhooks/${id}`, { timeoutMs });
    await setTimeoutMs(1000);
    target.handle(() => 'hang');
    const hung = await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    expect(hung.body).toMatchObject({ succeeded: false, responseStatus: null, error: { code: 'timeout' } });
    expect(hung.body.durationMs).toBeGreaterThanOrEqual(990);
    await setTimeoutMs(30_000);
    await target.close();
    const failed = await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    expect(failed.body.error.code).toMatch(/connection_re/);
  });
});

describe('an own secret', () => {
  const TEXT = 'the secret that my receivers know';

  it('signs from the creation on, and is not returned again', async () => {
    const target = await api.receiver();
    const created = await api.admin.post('/v1/webhooks', {
      url: target.url,
      eventTypes: ['a'],
      secret: TEXT,
    });
    expect(created.status).toBe(201);
    expect(created.body.secret).toBe(asWhsec(TEXT));
    await api.admin.post(`/v1/webhooks/${created.body.id}/validation`);
    expect(target.requests).toHaveLength(1);
    target.verify(asWhsec(TEXT));
    const webhook = await api.admin.get(`/v1/webhooks/${created.body.id}`);
    const audit = await api.admin.get(`/v1/audit-entries?target=${created.body.id}`);
    for (const text of [webhook, audit].map(({ body }) => JSON.stringify(body))) {
      expect(text).not.toContain(TEXT);
      expect(text).not.toContain(asWhsec(TEXT));
    }
  });

  it('replaces another one in a rotation, once however often the call is repeated', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target);
    for (let call = 0; call < 2; call++) {
      const rotated = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { secret: TEXT });
      expect(rotated).toMatchObject({ status: 200, body: { secret: asWhsec(TEXT) } });
    }
    expect((await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data).toHaveLength(2);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(secret);
    target.verify(asWhsec(TEXT));
  });

  it.each([
    ['too short', { secret: 'only 15 letters' }],
    ['too long', { secret: 'x'.repeat(129) }],
    ['text with the prefix of base64', { secret: 'whsec_!!!!!!!!!!!!!' }],
    ['not random', { secret: ' '.repeat(20) }],
    ['not base64', { secret: 'this is not base64!', secretEncoding: 'base64' }],
    ['an Ed25519 public key', { secret: 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' }],
    ['an Ed25519 private key', { secret: 'whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=' }],
  ])('is rejected if it is %s', async (_case, fields) => {
    const target = { url: receiver.url, eventTypes: ['a'] };
    const rejected = await api.admin.post('/v1/webhooks', { ...target, ...fields });
    expect(rejected).toMatchObject({ status: 422, body: { errors: [{ path: 'secret' }] } });
  });

  it('is rejected in a rotation if it is an Ed25519 key, with the call that takes such a key', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    for (const secret of [`whpk_${'A'.repeat(43)}=`, `whsk_${'A'.repeat(43)}=`])
      expect(
        await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { secret, secretEncoding: 'text' }),
      ).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'secret', message: expect.stringContaining('signing-keys') }] },
      });
  });
});

describe('rotating a secret', () => {
  it('signs with both until the old one expires', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target);
    const rotated = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(secret);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(secret);
    target.verify(rotated.body.secret);
  });

  it('expires the old one immediately without an overlap', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target);
    const rotated = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 0 });
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(rotated.body.secret);
    expect(() => target.verify(secret)).toThrow();
  });

  it('expires all older ones immediately without an overlap', async () => {
    const { admin } = api;
    const target = await api.receiver();
    const { id } = await createActiveWebhook(admin, target);
    await admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 168 });
    const { secret } = (await admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 0 })).body;
    expect((await admin.get(`/v1/webhooks/${id}/secrets`)).body.data).toHaveLength(1);
    await admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(secret);
    expect(target.requests[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  it('keeps at most five', async () => {
    const target = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, target);
    for (let count = 0; count < 7; count += 1)
      await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 168 });
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    expect(target.requests.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(5);
  });
});

describe('the list of secrets', () => {
  it('has the valid ones, newest first, without their values', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 2 });
    const { status, body } = await api.admin.get(`/v1/webhooks/${id}/secrets`);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        { id: expect.stringMatching(/^sec_/), createdAt: expect.any(String), endsAt: null },
        { id: expect.stringMatching(/^sec_/), createdAt: expect.any(String), endsAt: expect.any(String) },
      ],
      nextCursor: null,
    });
    const [current, older] = body.data;
    expect(Date.parse(older.endsAt) - Date.parse(current.createdAt)).toBeGreaterThan(1.9 * HOUR_MS);
    expect(Date.parse(older.createdAt)).toBeLessThanOrEqual(Date.parse(current.createdAt));
    await expireSecret(id, 1);
    expect((await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data).toEqual([current]);
  });

  it('has pages', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    const all = (await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    const first = (await api.admin.get(`/v1/webhooks/${id}/secrets?limit=1`)).body;
    expect(first.data).toEqual([all[0]]);
    const second = await api.admin.get(`/v1/webhooks/${id}/secrets?limit=1&cursor=${first.nextCursor}`);
    expect(second.body).toEqual({ data: [all[1]], nextCursor: null });
  });
});

describe('ending a secret', () => {
  it('removes its signature from the next request', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target);
    const rotated = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    const [current, older] = (await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    expect((await api.admin.delete(`/v1/webhooks/${id}/secrets/${older.id}`)).status).toBe(204);
    expect((await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data).toEqual([current]);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(rotated.body.secret);
    expect(() => target.verify(secret)).toThrow();
    expect((await api.admin.delete(`/v1/webhooks/${id}/secrets/${older.id}`)).status).toBe(404);
  });

  it('makes the previous secret current again when the current one is ended', async () => {
    const target = await api.receiver();
    const { id, secret } = await createActiveWebhook(api.admin, target);
    await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    const [current, older] = (await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    await api.admin.delete(`/v1/webhooks/${id}/secrets/${current.id}`);
    const { data } = (await api.admin.get(`/v1/webhooks/${id}/secrets`)).body;
    expect(data).toEqual([{ ...older, endsAt: null }]);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a' });
    target.requests.splice(0, target.requests.length - 1);
    target.verify(secret);
  });

  it('is refused for the only valid one, and finds no secret of another webhook', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const other = await createWebhook(api.admin, receiver);
    const [only] = (await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    const refused = await api.admin.delete(`/v1/webhooks/${id}/secrets/${only.id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'invalid_state']);
    const [foreign] = (await api.admin.get(`/v1/webhooks/${other.id}/secrets`)).body.data;
    await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    expect((await api.admin.delete(`/v1/webhooks/${id}/secrets/${foreign.id}`)).status).toBe(404);
  });

  it('returns after the barrier, as does a rotation that ends one', async () => {
    const { id } = await createActiveWebhook(slowApi.admin, receiver);
    await slowApi.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    const [, older] = (await slowApi.admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    const path = `/v1/webhooks/${id}/secrets/${older.id}`;
    expect(await durationOf(slowApi.admin.delete(path))).toBeGreaterThan(BARRIER_MS);
    // The response to the first call may be lost.
    expect(await durationOf(slowApi.admin.delete(path))).toBeGreaterThan(BARRIER_MS);
    const rotate = slowApi.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 0 });
    expect(await durationOf(rotate)).toBeGreaterThan(BARRIER_MS);
  });
});

async function durationOf(call: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call;
  return performance.now() - startedAt;
}

/** Lets a secret expire, by its position in the list. */
async function expireSecret(webhookId: string, index: number): Promise<void> {
  await api.deps.pool.query(
    `UPDATE webhook SET secrets = jsonb_set(secrets, $2, '"2020-01-01T00:00:00.000Z"') WHERE id = $1`,
    [decodeId('webhook', webhookId), [String(index), 'expiresAt']],
  );
}

describe('secrets', () => {
  it('appear only in the response that created them, not in logs, and only sealed in the database', async () => {
    const created = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['a'],
      headers: { 'X-Token': CREDENTIAL },
    });
    const { id, secret } = created.body;
    expect(created.body.headerNames).toEqual(['X-Token']);
    const key = (await api.admin.post('/v1/api-keys', {})).body.key;
    await api.client(key).get('/v1/webhooks');
    const rotated = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    await api.admin.post(`/v1/webhooks/${id}/validation`);
    const responses = await Promise.all([
      api.admin.get('/v1/webhooks'),
      api.admin.get(`/v1/webhooks/${id}`),
      api.admin.patch(`/v1/webhooks/${id}`, { description: 'd' }),
      api.admin.get('/v1/api-keys'),
    ]);
    const { rows } = await api.deps.pool.query(
      'SELECT to_jsonb(w) AS w, (SELECT jsonb_agg(k) FROM api_key k) AS k FROM webhook w',
    );
    for (const source of [
      JSON.stringify([created.body.headers, responses]),
      api.logs.join('\n'),
      JSON.stringify(rows),
    ]) {
      for (const hidden of [secret, rotated.body.secret, key, api.adminKey, CREDENTIAL])
        expect(source).not.toContain(hidden);
    }
    expect(api.logs.length).toBeGreaterThan(5);
  });

  it('in headers are replaced as a whole or removed', async () => {
    const { id } = await createWebhook(api.admin, receiver, { headers: { a: '1', b: '2' } });
    const patch = async (body: unknown) =>
      (await api.admin.patch(`/v1/webhooks/${id}`, body)).body.headerNames;
    expect(await patch({ description: 'd' })).toEqual(['a', 'b']);
    expect(await patch({ headers: { c: '3' } })).toEqual(['c']);
    expect(await patch({ headers: null })).toEqual([]);
  });
});

describe('settings', () => {
  it('have defaults and can be reset to them', async () => {
    const { id } = await createWebhook(api.admin, receiver, {
      retrySchedule: [],
      timeoutMs: 30_000,
      metadata: { a: 1 },
    });
    const get = async () => (await api.admin.get(`/v1/webhooks/${id}`)).body;
    expect(await get()).toMatchObject({ retrySchedule: [], timeoutMs: 30_000, metadata: { a: 1 } });
    await api.admin.patch(`/v1/webhooks/${id}`, { retrySchedule: null, metadata: null });
    expect(await get()).toMatchObject({
      metadata: {},
      retrySchedule: [5, 300, 1800, 7200, 18_000, 36_000, 36_000],
    });
    expect((await api.admin.patch(`/v1/webhooks/${id}`, {})).status).toBe(200);
  });

  it('keep the creation time of unchanged event types', async () => {
    const { id } = await createWebhook(api.admin, receiver, { eventTypes: ['stays', 'goes'] });
    const since = async () =>
      (await api.deps.pool.query("SELECT created_at FROM webhook_subscription WHERE pattern = 'stays'"))
        .rows[0].created_at;
    const before = await since();
    const patched = await api.admin.patch(`/v1/webhooks/${id}`, { eventTypes: ['stays', 'comes', 'stays'] });
    expect(patched.body.eventTypes).toEqual(['comes', 'stays']);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.eventTypes).toEqual(['comes', 'stays']);
    expect(await since()).toEqual(before);
  });
});

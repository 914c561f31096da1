import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiResponse, Receiver } from '@posthorn/testkit';
import { createActiveWebhook, createWebhook, latestCode, validate } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
let receiver: Receiver;
beforeAll(async () => {
  api = await startApi();
  receiver = await api.receiver();
});
afterAll(() => api.close());

const send = (id: string): Promise<ApiResponse> => api.admin.post(`/v1/webhooks/${id}/validation`);
const confirm = (id: string, code: string): Promise<ApiResponse> =>
  api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code });
const statusOf = async (id: string): Promise<string> =>
  (await api.admin.get(`/v1/webhooks/${id}`)).body.status;

describe('validation', () => {
  it('refuses a code that was never asked for', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    expect(await confirm(id, 'ABCD2345')).toMatchObject({
      status: 422,
      body: { code: 'validation_not_requested' },
    });
  });

  it('says what a receiver answered that did not take it, and never confirms that code', async () => {
    const refusing = await api.receiver();
    refusing.handle(() => ({ status: 500, body: 'not today' }));
    const { id } = await createWebhook(api.admin, refusing);
    expect(await send(id)).toMatchObject({
      status: 422,
      body: { code: 'validation_delivery_failed', responseStatus: 500, responseBody: 'not today' },
    });
    expect(await confirm(id, latestCode(refusing))).toMatchObject({
      status: 422,
      body: { code: 'validation_not_requested' },
    });
    expect(await statusOf(id)).toBe('pending_validation');
  });

  it('says why a receiver could not be reached', async () => {
    const gone = await api.receiver();
    const { id } = await createWebhook(api.admin, gone);
    await gone.close();
    expect(await send(id)).toMatchObject({
      status: 422,
      body: {
        code: 'validation_delivery_failed',
        responseStatus: null,
        error: { code: 'connection_refused', message: expect.any(String) },
      },
    });
  });

  it('does not follow a redirect', async () => {
    const redirecting = await api.receiver();
    redirecting.handle(() => ({ status: 302, headers: { location: receiver.url } }));
    const { id } = await createWebhook(api.admin, redirecting);
    expect(await send(id)).toMatchObject({ status: 422, body: { responseStatus: 302 } });
  });

  it('burns a code after five wrong tries', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await send(id);
    const tries: ApiResponse[] = [];
    for (let count = 0; count < 5; count += 1) tries.push(await confirm(id, 'WRONG234'));
    expect(tries.map(({ body }) => body.triesLeft)).toEqual([4, 3, 2, 1, 0]);
    expect(await confirm(id, latestCode(receiver))).toMatchObject({
      status: 422,
      body: { code: 'validation_code_locked' },
    });
    await validate(api.admin, receiver, id);
    expect(await statusOf(id)).toBe('active');
  });

  it('counts tries that come at the same time', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await send(id);
    const tries = await Promise.all(Array.from({ length: 8 }, () => confirm(id, 'WRONG234')));
    const codes = tries.map(({ body }) => String(body.code)).toSorted();
    expect(codes).toEqual([
      ...Array.from({ length: 3 }, () => 'validation_code_locked'),
      ...Array.from({ length: 5 }, () => 'validation_code_invalid'),
    ]);
  });

  it('lets a code expire', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const sent = await send(id);
    const lifeMs = Date.parse(sent.body.expiresAt) - Date.now();
    expect(lifeMs).toBeGreaterThan(14 * 60_000);
    expect(lifeMs).toBeLessThanOrEqual(15 * 60_000 + 1000);
    await api.deps.pool.query(`UPDATE webhook_validation SET expires_at = now() - interval '1 ms'`);
    expect(await confirm(id, latestCode(receiver))).toMatchObject({
      status: 422,
      body: { code: 'validation_code_expired' },
    });
  });

  it('takes only the newest code, and each once', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await send(id);
    const first = latestCode(receiver);
    await send(id);
    expect((await confirm(id, first)).body.code).toBe('validation_code_invalid');
    expect((await confirm(id, latestCode(receiver))).status).toBe(200);
    expect(await confirm(id, latestCode(receiver))).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', webhookStatus: 'active' },
    });
  });

  it('does not take the code of another webhook', async () => {
    const one = await createWebhook(api.admin, receiver);
    await send(one.id);
    const codeOfOne = latestCode(receiver);
    const other = await createWebhook(api.admin, receiver);
    await send(other.id);
    expect((await confirm(other.id, codeOfOne)).body.code).toBe('validation_code_invalid');
  });

  it('is done at once by a receiver that echoes the code', async () => {
    const echoing = await api.receiver();
    echoing.handle((request) => ({ body: JSON.stringify({ code: request.json().data.code }) }));
    const { id } = await createWebhook(api.admin, echoing);
    expect(await send(id)).toMatchObject({
      status: 200,
      body: { status: 'confirmed', responseStatus: 200, webhook: { id, status: 'active' } },
    });
  });

  it('is not done by a receiver that answers something else', async () => {
    const chatty = await api.receiver();
    const { id } = await createWebhook(api.admin, chatty);
    for (const body of ['{"code":"WRONG234"}', '{"code":5}', 'null', '[]', '{', '']) {
      chatty.handle(() => ({ body }));
      expect(await send(id)).toMatchObject({ status: 200, body: { status: 'code_sent' } });
    }
    expect(await statusOf(id)).toBe('pending_validation');
  });

  it('is refused when nothing waits for it', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    expect(await send(id)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', webhookStatus: 'active' },
    });
  });

  it('is overtaken by a change of the URL while the code is under way', async () => {
    const slow = await api.receiver();
    const { id } = await createWebhook(api.admin, slow);
    slow.handle(async () => {
      await api.admin.patch(`/v1/webhooks/${id}`, { url: receiver.url });
      return {};
    });
    expect(await send(id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await confirm(id, latestCode(slow))).body.code).toBe('validation_not_requested');
  });
});

describe('a new URL', () => {
  it('is staged until it is validated, and the old one keeps receiving', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: ['moved'] });
    const staged = await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    expect(staged.body).toMatchObject({ status: 'active', url: receiver.url, pendingUrl: next.url });
    await api.admin.post('/v1/events', { type: 'moved', data: {} });
    expect((await api.admin.get(`/v1/deliveries?webhookId=${id}`)).body.data).toHaveLength(1);

    await validate(api.admin, next, id);
    const moved = await api.admin.get(`/v1/webhooks/${id}`);
    expect(moved.body).toMatchObject({ status: 'active', url: next.url, pendingUrl: null });
  });

  it('makes the code for another URL worthless', async () => {
    const [first, second] = [await api.receiver(), await api.receiver()];
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: first.url });
    await send(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: second.url });
    expect((await confirm(id, latestCode(first))).body.code).toBe('validation_not_requested');
  });

  it('leaves a code alone that is for the same URL', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    await send(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url, description: 'the same' });
    expect((await confirm(id, latestCode(next))).status).toBe(200);
  });

  it('is taken back by the present one', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    const back = await api.admin.patch(`/v1/webhooks/${id}`, { url: receiver.url });
    expect(back.body).toMatchObject({ url: receiver.url, pendingUrl: null });
  });

  it('replaces the first one as long as that is not validated', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const moved = await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    expect(moved.body).toMatchObject({
      status: 'pending_validation',
      url: `${receiver.url}next`,
      pendingUrl: null,
    });
  });

  it('gets custom headers only after its validation when it is of another origin', async () => {
    const next = await api.receiver();
    next.handle(({ headers }) => ({ status: headers.authorization === undefined ? 401 : 200 }));
    const { id } = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['moved'],
      headers: { Authorization: 'Bearer for-the-old-host' },
    });
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    const refused = await send(id);
    expect(refused).toMatchObject({ status: 422, body: { responseStatus: 401 } });
    expect(refused.body.detail).toContain('custom headers are not sent to another origin');

    next.handle(() => ({}));
    await validate(api.admin, next, id);
    expect(next.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'moved' });
    expect(next.requests.at(-1)?.headers.authorization).toBe('Bearer for-the-old-host');
  });

  it('gets them at once when it is of the same origin, as the first URL does', async () => {
    const headers = { 'X-Key': 'k' };
    const { id } = await createActiveWebhook(api.admin, receiver, { headers });
    expect(receiver.requests.at(-1)?.headers['x-key']).toBe('k');
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    await send(id);
    expect(receiver.requests.at(-1)).toMatchObject({ path: '/next', headers: { 'x-key': 'k' } });
  });

  it('may be validated while the webhook is suspended, and leaves it so', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    await validate(api.admin, next, id);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body).toMatchObject({
      status: 'suspended',
      url: next.url,
    });
  });

  it.each([
    ['https://10.0.0.1/', 'url_not_allowed'],
    ['http://169.254.169.254/latest/meta-data', 'url_not_allowed'],
    ['ftp://example.com/', 'invalid_input'],
    ['https://user:secret@example.com/', 'invalid_input'],
    ['not a url', 'invalid_input'],
  ])('may not be %s', async (url, code) => {
    const refused = await api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] });
    expect(refused).toMatchObject({ status: 422, body: { code, errors: [{ path: 'url' }] } });
    const { id } = await createWebhook(api.admin, receiver);
    const patched = await api.admin.patch(`/v1/webhooks/${id}`, { url });
    expect(patched).toMatchObject({ status: 422, body: { code } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { type ApiResponse, createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import { createWebhook, latestCode } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const send = (id: string): Promise<ApiResponse> => api.admin.post(`/v1/webhooks/${id}/validation`);
const confirm = (id: string, code: string): Promise<ApiResponse> =>
  api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code });
const statusOf = async (id: string): Promise<string> =>
  (await api.admin.get(`/v1/webhooks/${id}`)).body.status;

describe('validation', () => {
  it('rejects a code that was never requested', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    expect(await confirm(id, 'ABCD2345')).toMatchObject({
      status: 422,
      body: { code: 'validation_not_requested' },
    });
  });

  it('returns the response of a receiver that rejected the code, which then never confirms', async () => {
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

  it('returns why a receiver is unreachable', async () => {
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

  it('locks a code after five incorrect attempts', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await send(id);
    const tries: ApiResponse[] = [];
    for (let count = 0; count < 5; count += 1) tries.push(await confirm(id, 'WRONG234'));
    expect(tries.map(({ body }) => body.attemptsLeft)).toEqual([4, 3, 2, 1, 0]);
    expect(await confirm(id, latestCode(receiver))).toMatchObject({
      status: 422,
      body: { code: 'validation_code_locked' },
    });
    await validateWebhook(api.admin, receiver, id);
    expect(await statusOf(id)).toBe('active');
  });

  it('counts concurrent attempts', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await send(id);
    const tries = await Promise.all(Array.from({ length: 8 }, () => confirm(id, 'WRONG234')));
    const codes = tries.map(({ body }) => String(body.code)).toSorted();
    expect(codes).toEqual([
      ...Array.from({ length: 5 }, () => 'validation_code_invalid'),
      ...Array.from({ length: 3 }, () => 'validation_code_locked'),
    ]);
  });

  it('rejects an expired code', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const sent = await send(id);
    const lifeMs = Date.parse(sent.body.expiresAt) - Date.now();
    expect(lifeMs).toBeGreaterThan(14 * 60_000);
    expect(lifeMs).toBeLessThanOrEqual(15 * 60_000 + 1000);
    await api.deps.pool.query(`UPDATE webhook_validation SET expires_at = now() - interval '1 s'`);
    expect(await confirm(id, latestCode(receiver))).toMatchObject({
      status: 422,
      body: { code: 'validation_code_expired' },
    });
  });

  it('accepts only the newest code, and only once', async () => {
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

  it('rejects the code of another webhook', async () => {
    const one = await createWebhook(api.admin, receiver);
    await send(one.id);
    const codeOfOne = latestCode(receiver);
    const other = await createWebhook(api.admin, receiver);
    await send(other.id);
    expect((await confirm(other.id, codeOfOne)).body.code).toBe('validation_code_invalid');
  });

  it('is confirmed immediately by a receiver that returns the code', async () => {
    const echoing = await api.receiver();
    echoing.handle((request) => ({ body: JSON.stringify({ code: request.json().data.code }) }));
    const { id } = await createWebhook(api.admin, echoing);
    expect(await send(id)).toMatchObject({
      status: 200,
      body: { status: 'confirmed', responseStatus: 200, webhook: { id, status: 'active' } },
    });
  });

  it.each<[string, (request: { id: string; data: { code: string } }) => object]>([
    ['the data of the request', ({ data }) => data],
    ['the request, with its data as a member', ({ data, ...request }) => ({ ...request, ...data, data })],
    ['its id and the code', ({ id, data: { code } }) => ({ id, code })],
    ['its data and the code', ({ data }) => ({ data, code: data.code })],
  ])('is not confirmed by a receiver that returns %s', async (_case, responseTo) => {
    const echoing = await api.receiver();
    echoing.handle((request) => ({ body: JSON.stringify(responseTo(request.json())) }));
    const { id } = await createWebhook(api.admin, echoing);
    expect(await send(id)).toMatchObject({ status: 200, body: { status: 'code_sent' } });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.status).toBe('pending_validation');
  });

  it('is not confirmed by any other response', async () => {
    const chatty = await api.receiver();
    const { id } = await createWebhook(api.admin, chatty);
    for (const body of ['{"code":"WRONG234"}', '{"code":5}', 'null', '[]', '{', '']) {
      chatty.handle(() => ({ body }));
      expect(await send(id)).toMatchObject({ status: 200, body: { status: 'code_sent' } });
    }
    expect(await statusOf(id)).toBe('pending_validation');
  });

  it('is rejected if no URL is pending', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    expect(await send(id)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', webhookStatus: 'active' },
    });
  });

  it('conflicts with a change of the URL while the code is in flight', async () => {
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
  it('is pending until it is validated, while the old one receives', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: ['moved'] });
    const staged = await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    expect(staged.body).toMatchObject({ status: 'active', url: receiver.url, pendingUrl: next.url });
    await api.admin.post('/v1/events', { type: 'moved', data: {} });
    expect((await api.admin.get(`/v1/deliveries?webhookId=${id}`)).body.data).toHaveLength(1);

    await validateWebhook(api.admin, next, id);
    const moved = await api.admin.get(`/v1/webhooks/${id}`);
    expect(moved.body).toMatchObject({ status: 'active', url: next.url, pendingUrl: null });
  });

  it('invalidates the code for another URL', async () => {
    const [first, second] = [await api.receiver(), await api.receiver()];
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: first.url });
    await send(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: second.url });
    expect((await confirm(id, latestCode(first))).body.code).toBe('validation_not_requested');
  });

  it('keeps the code for the same URL valid', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    await send(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url, description: 'the same' });
    expect((await confirm(id, latestCode(next))).status).toBe(200);
  });

  it('is discarded by setting the current URL', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    const back = await api.admin.patch(`/v1/webhooks/${id}`, { url: receiver.url });
    expect(back.body).toMatchObject({ url: receiver.url, pendingUrl: null });
  });

  it('replaces the first URL until that is validated', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const moved = await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    expect(moved.body).toMatchObject({
      status: 'pending_validation',
      url: `${receiver.url}next`,
      pendingUrl: null,
    });
  });

  it('of another origin receives custom headers only after its validation', async () => {
    const next = await api.receiver();
    next.handle(({ headers }) => ({ status: headers.authorization === undefined ? 401 : 200 }));
    const { id } = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['moved'],
      headers: { Authorization: 'Bearer for-the-old-host' },
    });
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    const rejected = await send(id);
    expect(rejected).toMatchObject({ status: 422, body: { responseStatus: 401 } });
    expect(rejected.body.detail).toContain('Custom headers are not sent before the validation');

    next.handle(() => ({}));
    await send(id);
    expect((await confirm(id, latestCode(next, id))).status).toBe(200);
    expect(next.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'moved' });
    expect(next.requests.at(-1)?.headers.authorization).toBe('Bearer for-the-old-host');
  });

  it('of the same origin receives custom headers immediately, as does the first URL', async () => {
    const headers = { 'X-Key': 'k' };
    const { id } = await createWebhook(api.admin, receiver, { headers });
    await send(id);
    expect(receiver.requests.at(-1)?.headers['x-key']).toBe('k');
    expect((await confirm(id, latestCode(receiver, id))).status).toBe(200);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}next` });
    await send(id);
    expect(receiver.requests.at(-1)).toMatchObject({ path: '/next', headers: { 'x-key': 'k' } });
  });

  it('can be validated while the webhook stays suspended', async () => {
    const next = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: next.url });
    await validateWebhook(api.admin, next, id);
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
  ])('cannot be %s', async (url, code) => {
    const rejected = await api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] });
    expect(rejected).toMatchObject({ status: 422, body: { code, errors: [{ path: 'url' }] } });
    const { id } = await createWebhook(api.admin, receiver);
    const patched = await api.admin.patch(`/v1/webhooks/${id}`, { url });
    expect(patched).toMatchObject({ status: 422, body: { code } });
  });
});

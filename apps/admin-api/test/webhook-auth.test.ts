import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HIDDEN_CREDENTIALS, type Outcome } from '@posthorn/core';
import { createSender, type Sender } from '@posthorn/outbound';
import { createActiveWebhook, eventually, overriding, type Receiver, startReceiver } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';
import { useApi } from './use-api.js';

const BASIC = { type: 'basic', username: 'posthorn', password: 'basic-secret' };
const API_KEY = { type: 'apiKey', header: 'X-Api-Key', value: 'key-secret' };

const api = useApi();
let receiver: Receiver;
/** The token endpoint. */
let login: Receiver;
beforeEach(async () => {
  [receiver, login] = await Promise.all([api.receiver(), startReceiver()]);
  login.handle(() => issued('token-secret'));
});
afterEach(() => login.close());

const issued = (token: string) => ({
  body: JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }),
});

const oauth2 = (changes: object = {}) => ({
  type: 'oauth2',
  tokenUrl: login.url,
  clientId: 'posthorn',
  clientSecret: 'client-secret',
  ...changes,
});

const fieldErrors = (body: { errors?: { path: string; code: string }[] }) =>
  body.errors?.map(({ path, code }) => [path, code]);
const update = (id: string, body: object) => api.admin.patch(`/v1/webhooks/${id}`, body);
const test = (id: string) => api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
const testAuthentication = (id: string) => api.admin.post(`/v1/webhooks/${id}/test-authentication`);
const authorizationIn = (comparison: { headers: { name: string }[] }) =>
  comparison.headers.find(({ name }) => name === 'authorization');
const lastAuthorization = () => receiver.requests.at(-1)?.headers['authorization'];

describe('the authentication of a webhook', () => {
  it('is returned without its secret, which nothing contains', async () => {
    const { id } = await createWebhook(api.admin, receiver, { auth: BASIC });
    const path = `/v1/webhooks/${id}`;
    expect((await api.admin.get(path)).body.auth).toEqual({ type: 'basic', username: 'posthorn' });
    expect((await update(id, { auth: API_KEY })).body.auth).toEqual({ type: 'apiKey', header: 'X-Api-Key' });
    const { clientSecret: _, ...shown } = oauth2();
    expect((await update(id, { auth: oauth2({ scopes: ['write'] }) })).body.auth).toEqual({
      ...shown,
      scopes: ['write'],
      audience: null,
      clientAuthentication: 'client_secret_basic',
    });
    const texts = await Promise.all([
      api.admin.get('/v1/webhooks'),
      api.admin.get(`/v1/audit-entries?target=${id}`),
      api.deps.pool.query('SELECT w::text FROM webhook w'),
    ]);
    for (const secret of ['basic-secret', 'key-secret', 'client-secret']) {
      expect(JSON.stringify(texts.map((each) => ('body' in each ? each.body : each.rows)))).not.toContain(
        secret,
      );
      expect(api.logs.join()).not.toContain(secret);
    }
    expect((await update(id, { auth: null })).body.auth).toBeNull();
  });

  it('changes the entity tag, also if only its secret changes', async () => {
    const { id } = await createWebhook(api.admin, receiver, { auth: BASIC });
    const tag = async () => (await api.admin.get(`/v1/webhooks/${id}`)).headers.get('etag');
    const before = await tag();
    await update(id, { auth: BASIC });
    expect(await tag()).toBe(before);
    await update(id, { auth: { ...BASIC, password: 'other' } });
    expect(await tag()).not.toBe(before);
  });

  it.each([
    [{ type: 'digest' }, ['auth.type', 'one_of']],
    [{ ...BASIC, username: 'a:b' }, ['auth.username', 'not_basic_username']],
    [{ type: 'basic', username: 'a' }, ['auth.password', 'required']],
    [{ ...API_KEY, header: 'host' }, ['auth.header', 'reserved_header']],
    [{ ...API_KEY, value: 'a\r\nb' }, ['auth.value', 'not_trimmed']],
    [{ ...BASIC, clientId: 'a' }, ['auth.clientId', 'unknown_field']],
    [
      {
        type: 'oauth2',
        tokenUrl: 'https://10.0.0.1/token',
        clientId: 'a',
        clientSecret: 'b',
      },
      ['auth.tokenUrl', 'url_not_allowed'],
    ],
    [
      {
        type: 'oauth2',
        tokenUrl: 'https://login.example/',
        clientId: 'a',
        clientSecret: 'b',
        scopes: ['a b'],
      },
      ['auth.scopes[0]', 'not_scope'],
    ],
  ])('is rejected with the field: %j', async (auth, error) => {
    const body = { url: receiver.url, eventTypes: ['a.b'], auth };
    expect(fieldErrors((await api.admin.post('/v1/webhooks', body)).body)).toEqual([error]);
  });

  it('has a header that no custom header may have, whichever of both is set later', async () => {
    const error = ['auth', 'header_of_auth'];
    const body = { url: receiver.url, eventTypes: ['a.b'], headers: { AUTHORIZATION: 'Bearer x' } };
    const both = await api.admin.post('/v1/webhooks', { ...body, auth: API_KEY });
    expect([both.status, fieldErrors(both.body)]).toEqual([422, [error]]);
    const { id } = (await api.admin.post('/v1/webhooks', body)).body;
    expect(fieldErrors((await update(id, { auth: BASIC })).body)).toEqual([error]);
    expect((await update(id, { auth: API_KEY, headers: { 'x-other': '1' } })).status).toBe(200);
    expect(fieldErrors((await update(id, { headers: { 'x-api-key': '1' } })).body)).toEqual([error]);
    expect((await update(id, { auth: null, headers: { 'x-api-key': '1' } })).status).toBe(200);
  });

  it('ends with the webhook, as its token does', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth: oauth2() });
    await test(id);
    await api.admin.delete(`/v1/webhooks/${id}`);
    const { rows } = await api.deps.pool.query('SELECT auth_sealed FROM webhook WHERE url = $1', [
      receiver.url,
    ]);
    expect(rows).toEqual([{ auth_sealed: null }]);
    expect(
      (
        await api.deps.pool.query(
          'SELECT FROM webhook_token t JOIN webhook w ON w.id = webhook_id WHERE w.url = $1',
          [receiver.url],
        )
      ).rowCount,
    ).toBe(0);
  });
});

describe('a test request', () => {
  it.each([
    [BASIC, 'authorization', `Basic ${Buffer.from('posthorn:basic-secret').toString('base64')}`],
    [API_KEY, 'x-api-key', 'key-secret'],
  ])('is sent with the authentication, and shown without: %j', async (auth, name, value) => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth });
    const { body } = await test(id);
    expect(receiver.requests.at(-1)?.headers[name]).toBe(value);
    expect(body.request.headers[name]).toBe(HIDDEN_CREDENTIALS);
  });

  it('is sent with an access token, which is fetched once', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth: oauth2() });
    const [{ body }] = await Promise.all([test(id), test(id)]);
    expect(lastAuthorization()).toBe('Bearer token-secret');
    expect(body.request.headers['authorization']).toBe(HIDDEN_CREDENTIALS);
    expect(JSON.stringify(body)).not.toContain('token-secret');
    expect(login.requests).toHaveLength(1);
    expect(api.logs.join()).not.toContain('token-secret');
  });

  it('has another token after a 401', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth: oauth2() });
    await test(id);
    login.handle(() => issued('next'));
    receiver.handle(({ headers }) => ({ status: headers['authorization'] === 'Bearer next' ? 200 : 401 }));
    expect((await test(id)).body.responseStatus).toBe(401);
    expect((await test(id)).body.responseStatus).toBe(200);
  });

  it('is not sent without a token, and says why without a text of the token endpoint', async () => {
    login.handle(() => ({ status: 500, body: 'internal page' }));
    const { id } = await createActiveWebhook(api.admin, receiver);
    await update(id, { auth: oauth2() });
    const sent = receiver.requests.length;
    const { body } = await test(id);
    expect(body).toMatchObject({ succeeded: false, error: { code: 'token_endpoint_failed' } });
    expect(JSON.stringify(body)).not.toContain('internal page');
    expect(receiver.requests).toHaveLength(sent);
  });
});

describe('the request of a delivery', () => {
  it('is shown without credentials, also to admins', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth: BASIC });
    const event = await api.admin.post('/v1/events', { type: 'a.b', data: {} });
    const { body } = await api.admin.get(`/v1/events/${event.body.id}/deliveries`);
    const delivery = body.data.find(({ webhookId }: { webhookId: string }) => webhookId === id);
    const request = await api.admin.get(`/v1/deliveries/${delivery.id}/request`);
    expect(request.body.headers['authorization']).toBe(HIDDEN_CREDENTIALS);
  });

  it('is compared with that of another system without the credentials', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { auth: BASIC });
    const event = await api.admin.post('/v1/events', { type: 'a.b', data: {} });
    const compare = async (headers: object) =>
      (await api.admin.post(`/v1/webhooks/${id}/compare`, { event: event.body.id, headers, body: '{}' }))
        .body;
    const equal = await compare({ authorization: 'Basic recorded-secret' });
    expect(authorizationIn(equal)).toBeUndefined();
    expect(JSON.stringify(equal)).not.toContain('recorded-secret');
    expect(authorizationIn(await compare({}))).toMatchObject({
      recorded: null,
      composed: HIDDEN_CREDENTIALS,
    });
  });
});

describe('an authentication before the validation', () => {
  let tenant: { id: string; client: typeof api.admin };
  beforeAll(async () => {
    const { id, key } = (await api.admin.post('/v1/tenants', { name: 'customer' })).body;
    tenant = { id, client: api.client(key) };
  });
  const validate = (id: string) => tenant.client.post(`/v1/webhooks/${id}/validation`);

  it('is not sent if a key of the tenant has set it, and no token is requested', async () => {
    const { id } = await createWebhook(tenant.client, receiver, { auth: oauth2() });
    expect((await tenant.client.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(false);
    await validate(id);
    expect(lastAuthorization()).toBeUndefined();
    expect(login.requests).toEqual([]);
  });

  it('is sent if an admin key has set or approved it', async () => {
    const auth = oauth2();
    const { id } = await createWebhook(api.admin, receiver, { auth, tenantId: tenant.id });
    await validate(id);
    expect(lastAuthorization()).toBe('Bearer token-secret');
    await tenant.client.patch(`/v1/webhooks/${id}`, { auth: BASIC });
    await validate(id);
    expect(lastAuthorization()).toBeUndefined();
    await update(id, { headersApproved: true });
    await validate(id);
    expect(lastAuthorization()).toMatch(/^Basic /);
  });

  it('is a failed validation if there is no token', async () => {
    login.handle(() => ({ status: 302, headers: { location: receiver.url } }));
    const { id } = await createWebhook(api.admin, receiver, { auth: oauth2(), tenantId: tenant.id });
    const { status, body } = await validate(id);
    expect([status, body.error.code]).toEqual([422, 'token_endpoint_redirected']);
    expect(receiver.requests).toEqual([]);
  });
});

describe('a test of the authentication', () => {
  it('requests a token each time, and shows only that there is one', async () => {
    const { id } = await createWebhook(api.admin, receiver, { auth: oauth2() });
    for (const count of [1, 2]) {
      expect((await testAuthentication(id)).body).toEqual({ succeeded: true, error: null });
      expect(login.requests).toHaveLength(count);
    }
    const form = Object.fromEntries(new URLSearchParams(login.requests[0]?.body));
    expect(form).toEqual({ grant_type: 'client_credentials' });
    expect(receiver.requests).toEqual([]);
  });

  it.each<[string, () => Parameters<Receiver['handle']>[0], string]>([
    [
      'redirects',
      () => () => ({ status: 307, headers: { location: receiver.url } }),
      'token_endpoint_redirected',
    ],
    ['responds with HTML', () => () => ({ body: '<html>login</html>' }), 'token_response_invalid'],
    ['responds without end', () => () => ({ body: 'x'.repeat(100_000) }), 'token_response_invalid'],
    [
      'rejects the client',
      () => () => ({ status: 401, body: '{"error":"invalid_client"}' }),
      'token_client_rejected',
    ],
    [
      'rejects the scope',
      () => () => ({ status: 400, body: '{"error":"invalid_scope"}' }),
      'token_request_rejected',
    ],
    ['is broken', () => () => ({ status: 503 }), 'token_endpoint_failed'],
    ['resets connections', () => () => 'reset', 'token_endpoint_unreachable'],
  ])('is one error if the token endpoint %s', async (_, handler, code) => {
    login.handle(handler());
    const { id } = await createWebhook(api.admin, receiver, { auth: oauth2() });
    expect((await testAuthentication(id)).body).toMatchObject({ succeeded: false, error: { code } });
    expect(receiver.requests).toEqual([]);
  });

  it('is refused for other types, and for none', async () => {
    const { id } = await createWebhook(api.admin, receiver, { auth: BASIC });
    expect((await testAuthentication(id)).body.code).toBe('invalid_state');
    await update(id, { auth: null });
    expect((await testAuthentication(id)).body.code).toBe('invalid_state');
  });

  it('reads a token of up to 64 KB of response', async () => {
    const body = JSON.stringify({ access_token: 'long', token_type: 'Bearer', more: 'x'.repeat(60_000) });
    login.handle(() => ({ body }));
    const { id } = await createWebhook(api.admin, receiver, { auth: oauth2() });
    await eventually(async () => expect((await testAuthentication(id)).body.succeeded).toBe(true));
  });
});

describe('a request whose credentials end before it starts', () => {
  /** Replaces the next request. */
  let next: ((send: () => Promise<Outcome>) => Promise<Outcome>) | null = null;
  let sender: Sender;
  let late: TestApi;
  beforeAll(async () => {
    sender = createSender({ allow: ['127.0.0.0/8'], http: true, ports: '*' });
    late = await startApi({
      sender: overriding(sender, {
        async send(request) {
          const send = () => sender.send(request);
          const replacement = next;
          next = null;
          return replacement ? replacement(send) : send();
        },
      }),
    });
  });
  afterAll(async () => {
    await late.close();
    await sender.stop();
  });

  it.each([
    ['authentication', { auth: BASIC }, { auth: null }],
    ['headers', { headers: { 'x-secret': 'one' } }, { headers: { 'x-secret': 'two' } }],
  ])('is not sent: the %s of a webhook', async (_case, before, after) => {
    const active = await createActiveWebhook(late.admin, receiver, before);
    const pending = await createWebhook(late.admin, receiver, before);
    const sent = receiver.requests.length;
    for (const [id, call] of [
      [active.id, () => late.admin.post(`/v1/webhooks/${active.id}/test`, { eventType: 'a.b' })],
      [pending.id, () => late.admin.post(`/v1/webhooks/${pending.id}/validation`)],
    ] as const) {
      next = async () => {
        await late.admin.patch(`/v1/webhooks/${id}`, after);
        // The webhook was read too long ago.
        return { kind: 'not_started' };
      };
      expect((await call()).body.code).toBe('conflict');
    }
    expect(receiver.requests).toHaveLength(sent);
  });

  it('is not sent: the token of a validation, requested for an earlier authentication', async () => {
    const { id } = await createWebhook(late.admin, receiver, { auth: oauth2() });
    next = async (send) => {
      await late.admin.patch(`/v1/webhooks/${id}`, { auth: oauth2({ clientId: 'other' }) });
      return send();
    };
    expect((await late.admin.post(`/v1/webhooks/${id}/validation`)).body.code).toBe('conflict');
    expect(receiver.requests).toEqual([]);
  });
});

// Webhooks behind a real authorization server, in the whole system with two workers.
import type { Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  type EgressProxy,
  eventually,
  patientClient,
  type Receiver,
  startHttpProxy,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { Provider } from 'oidc-provider';

const EVENTS = 1000;

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let provider: Provider;
let login: Server;
let tokenUrl: string;
/** Tokens that the provider has issued. */
let issued: number;
let receiver: Receiver;
let lastAuthorization: string | undefined;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, workers: 2, servers });
  api = patientClient(stack.apiUrl, stack.adminKey);
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  provider = new Provider(issuer, {
    cookies: { keys: ['of no use here'] },
    clients: [
      {
        client_id: 'posthorn',
        client_secret: 'a client secret: +%',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        scope: 'hooks.write',
      },
    ],
    scopes: ['hooks.write'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { ClientCredentials: 600 },
  });
  provider.on('grant.success', () => {
    issued += 1;
  });
  login = provider.listen(port, '127.0.0.1');
  await once(login, 'listening');
  tokenUrl = `${issuer}/token`;
}, 120_000);

afterAll(async () => {
  login?.closeAllConnections();
  login?.close();
  await stack?.stop();
  await servers?.drop();
});

beforeEach(async () => {
  issued = 0;
  receiver = await startReceiver({ handler: admitting });
});
afterEach(() => receiver.close());

const oauth2 = (changes: object = {}) => ({
  type: 'oauth2',
  tokenUrl,
  clientId: 'posthorn',
  clientSecret: 'a client secret: +%',
  scopes: ['hooks.write'],
  ...changes,
});

/** Finds the token of a request at the provider. */
const tokenOf = (authorization = '') =>
  provider.ClientCredentials.find(authorization.replace(/^Bearer /, ''));

/** Admits requests with a token that the provider knows, and validations without one. */
async function admitting({ headers, body }: { headers: Record<string, string>; body: string }) {
  const { authorization } = headers;
  if (authorization === undefined && body.includes('webhook.validation')) return { status: 200 };
  lastAuthorization = authorization;
  const token = await tokenOf(authorization);
  return { status: token?.scope === 'hooks.write' ? 200 : 401 };
}

const publish = async (type: string, count: number) => {
  const events = Array.from({ length: count }, () => ({ type, data: {} }));
  const { body } = await api.post('/v1/events/batch', { events });
  expect(body.accepted).toHaveLength(count);
};

const attemptsOf = async (webhookId: string) => {
  const [delivery] = (await api.get(`/v1/deliveries?webhookId=${webhookId}&limit=1`)).body.data;
  const { data } = (await api.get(`/v1/deliveries/${delivery.id}/attempts`)).body;
  return { status: delivery.status, attempts: data.toReversed() };
};

describe('a webhook with OAuth 2.0', () => {
  it('sends all deliveries of all workers with one token', async () => {
    const { id } = await createActiveWebhook(api, receiver, {
      eventTypes: ['one.token'],
      // Requests may time out while the machine stands still.
      retrySchedule: [1, 1, 1, 1, 1],
    });
    await api.patch(`/v1/webhooks/${id}`, { auth: oauth2() });
    await publish('one.token', EVENTS);
    await eventually(
      async () => {
        const { data } = (await api.get(`/v1/deliveries?webhookId=${id}&status=pending`)).body;
        expect(data).toEqual([]);
      },
      { timeoutMs: 90_000 },
    );
    const events = receiver.requests.filter(({ body }) => body.includes('one.token'));
    expect(new Set(events.map(({ headers }) => headers['webhook-id'])).size).toBe(EVENTS);
    expect(new Set(events.map(({ headers }) => headers['authorization'])).size).toBe(1);
    expect(issued).toBe(1);
  });

  it('repeats a request whose token was revoked, outside its schedule', async () => {
    const auth = oauth2();
    const { id } = await createActiveWebhook(api, receiver, {
      eventTypes: ['revoked'],
      retrySchedule: [],
      auth,
    });
    expect(issued).toBe(1);
    await (await tokenOf(lastAuthorization))?.destroy();
    await publish('revoked', 1);
    await eventually(async () => expect((await attemptsOf(id)).status).toBe('succeeded'));
    expect((await attemptsOf(id)).attempts).toMatchObject([{ responseStatus: 401 }, { responseStatus: 200 }]);
    expect(issued).toBe(2);
  });

  it('gives up after one new token if the receiver rejects that, too', async () => {
    const { id } = await createActiveWebhook(api, receiver, {
      eventTypes: ['rejected'],
      retrySchedule: [],
      auth: oauth2(),
    });
    receiver.handle(() => ({ status: 401 }));
    await publish('rejected', 1);
    await eventually(async () => expect((await attemptsOf(id)).status).toBe('failed'));
    expect((await attemptsOf(id)).attempts).toMatchObject([{ responseStatus: 401 }, { responseStatus: 401 }]);
    expect(issued).toBe(2);
  });

  it('fails with the cause if its client is rejected', async () => {
    const { id } = await createActiveWebhook(api, receiver, { eventTypes: ['wrong'], retrySchedule: [] });
    const auth = oauth2({ clientSecret: 'wrong' });
    await api.patch(`/v1/webhooks/${id}`, { auth });
    const { body } = await api.post(`/v1/webhooks/${id}/test-authentication`);
    expect(body).toMatchObject({ succeeded: false, error: { code: 'token_client_rejected' } });
    await publish('wrong', 1);
    await eventually(async () => expect((await attemptsOf(id)).status).toBe('failed'));
    expect((await attemptsOf(id)).attempts).toMatchObject([{ error: { code: 'token_client_rejected' } }]);
    await eventually(async () =>
      expect((await api.get(`/v1/webhooks/${id}`)).body.health.lastError).toBe('token_client_rejected'),
    );
  });
});

describe('a tenant with a proxy', () => {
  let proxy: EgressProxy;
  let tenantId: string;
  let tenant: ApiClient;
  beforeAll(async () => {
    proxy = await startHttpProxy();
    const { body } = await api.post('/v1/tenants', { name: 'behind a proxy' });
    tenantId = body.id;
    tenant = patientClient(stack.apiUrl, body.key);
    await api.put(`/v1/tenants/${tenantId}/egress`, { proxy: { url: `http://127.0.0.1:${proxy.port}` } });
  });
  afterAll(() => proxy.close());

  it('has the requests of workers for tokens leave through it', async () => {
    const { id } = await createActiveWebhook(api, receiver, { tenantId, eventTypes: ['proxied'] });
    await api.patch(`/v1/webhooks/${id}`, { auth: oauth2() });
    await tenant.post('/v1/events', { type: 'proxied', data: {} });
    await eventually(async () => expect((await attemptsOf(id)).status).toBe('succeeded'));
    expect(proxy.targets).toContain(new URL(tokenUrl).host);
  });

  it('stays active and healthy while the proxy fails', async () => {
    const { id } = await createActiveWebhook(api, receiver, {
      tenantId,
      eventTypes: ['proxy.down'],
      retrySchedule: [],
    });
    await api.patch(`/v1/webhooks/${id}`, { auth: oauth2() });
    await proxy.close();
    await tenant.post('/v1/events', { type: 'proxy.down', data: {} });
    await eventually(async () => expect((await attemptsOf(id)).status).toBe('failed'));
    expect((await attemptsOf(id)).attempts).toMatchObject([{ error: { code: 'token_proxy_failed' } }]);
    expect((await api.get(`/v1/webhooks/${id}`)).body).toMatchObject({
      status: 'active',
      failingSince: null,
      health: { state: 'healthy' },
    });
  });
});

describe('a token endpoint that hangs', () => {
  let hanging: Receiver;
  let other: Receiver;
  /** The largest number of requests that it had at once. */
  let atOnce = 0;
  beforeAll(async () => {
    hanging = await startReceiver({
      handler() {
        atOnce = Math.max(atOnce, hanging.inFlight());
        return 'hang';
      },
    });
    other = await startReceiver();
  });
  afterAll(() => Promise.all([hanging.close(), other.close()]));

  it('gets one request at a time for all deliveries, which are held until it responds, and stops no other webhook', async () => {
    const { id } = await createActiveWebhook(api, receiver, {
      eventTypes: ['hangs'],
      retrySchedule: [1, 1, 1, 1, 1],
    });
    const listed = async (query: string) =>
      (await api.get(`/v1/deliveries?webhookId=${id}&${query}`)).body.data;
    await api.patch(`/v1/webhooks/${id}`, { auth: oauth2({ tokenUrl: hanging.url }) });
    await createActiveWebhook(api, other, { eventTypes: ['goes.on'] });
    await publish('hangs', EVENTS);
    await hanging.waitFor(1);
    await eventually(async () =>
      expect(await listed('limit=1')).toMatchObject([{ held: true, heldReason: 'access_token' }]),
    );
    await publish('goes.on', 100);
    await other.waitFor(100);

    await eventually(async () =>
      expect((await api.get(`/v1/webhooks/${id}`)).body.health.lastError).toBe('token_endpoint_timeout'),
    );
    await hanging.waitFor(2);
    // Each failure is an attempt of one delivery.
    const { total } = (await api.get(`/v1/stats?webhookId=${id}`)).body;
    expect(total.attempts).toBeLessThanOrEqual(hanging.requests.length);
    expect(atOnce).toBe(1);

    receiver.handle(() => ({ status: 200 }));
    hanging.handle(() => ({ body: JSON.stringify({ access_token: 'a', token_type: 'Bearer' }) }));
    const { body } = await api.post(`/v1/webhooks/${id}/test-authentication`);
    expect(body).toMatchObject({ succeeded: true });
    await eventually(async () => expect(await listed('status=pending')).toEqual([]), { timeoutMs: 90_000 });
    expect(await listed('status=failed')).toEqual([]);
  });
});

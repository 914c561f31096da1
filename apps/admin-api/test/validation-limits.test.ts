// Posthorn must not be a relay to hosts whose owners did not agree.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PosthornError } from '@posthorn/core';
import { createUnconfirmedValidations, type UnconfirmedValidations } from '@posthorn/flow';
import { createSender, type Sender } from '@posthorn/outbound';
import { createLogger } from '@posthorn/runtime';
import {
  type ApiClient,
  createActiveWebhook,
  freshQueuePrefix,
  type ApiResponse,
  type Receiver,
} from '@posthorn/testkit';
import type { ApiParts } from '../src/create-api.js';
import { createValidationGuard } from '../src/requests/validation-guard.js';
import { createWebhook, latestCode } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

const LIMITS = { perWebhook: 2, perTenant: 6, perTarget: 9 };

const logger = createLogger({ service: 'api', level: 'error' });
const queuePrefix = freshQueuePrefix();
let unconfirmed: UnconfirmedValidations;
let sender: Sender;
let api: TestApi;
beforeAll(async () => {
  unconfirmed = await createUnconfirmedValidations(queuePrefix, LIMITS);
  // Every name leads to this machine.
  sender = createSender(
    { allow: ['127.0.0.0/8'], http: true, ports: '*' },
    { lookup: async () => [{ address: '127.0.0.1', family: 4 }] },
  );
  api = await startApi({
    validations: createValidationGuard({ unconfirmed, logger, maxInProgress: 3 }),
    sender,
  });
});
afterAll(async () => {
  await api.close();
  await sender.stop();
  await unconfirmed.stop();
});

let receiver: Receiver;
beforeEach(async () => {
  receiver = await api.receiver();
});
afterEach(() => queuePrefix.clear());

const refusing = () => receiver.handle(() => ({ status: 404, body: 'Not yours' }));
const echoing = () => receiver.handle(({ json }) => ({ body: JSON.stringify({ code: json().data.code }) }));
const validate = (id: string, client: ApiClient = api.admin): Promise<ApiResponse> =>
  client.post(`/v1/webhooks/${id}/validation`);

/** Requests a code for `count` new webhooks, one after the other, and returns the responses. */
async function validateNew(
  count: number,
  {
    client = api.admin,
    url = () => receiver.url,
  }: { client?: ApiClient; url?: (index: number) => string } = {},
): Promise<ApiResponse[]> {
  const responses: ApiResponse[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = await createWebhook(client, receiver, { url: url(index) });
    responses.push(await validate(id, client));
  }
  return responses;
}

async function newTenant(): Promise<ApiClient> {
  const { body } = await api.admin.post('/v1/tenants', { name: `tenant ${(tenants += 1)}` });
  return api.client(body.key);
}
let tenants = 0;

/** Creates an active webhook with OAuth 2.0, whose token endpoint is the receiver. */
async function activeWithToken(handle: () => void) {
  const own = await api.receiver();
  const { id } = await createActiveWebhook(api.admin, own);
  handle();
  const auth = { type: 'oauth2', tokenUrl: receiver.url, clientId: 'a', clientSecret: 'b' };
  // It ends the pause after a failed request, too.
  const setAuth = () => api.admin.patch(`/v1/webhooks/${id}`, { auth });
  await setAuth();
  return { id, setAuth, test: () => api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' }) };
}

const codesOf = (responses: readonly ApiResponse[]) => responses.map(({ body }) => body.code ?? body.status);
const repeated = (value: string, count: number) => Array.from({ length: count }, () => value);

describe('validation requests that nobody confirms', () => {
  it('are refused for a webhook after some, with the time to wait; the last code stays valid', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    for (let count = 0; count < LIMITS.perWebhook; count += 1) expect((await validate(id)).status).toBe(200);
    const refused = await validate(id);
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'too_many_validations', scope: 'webhook', limit: LIMITS.perWebhook },
    });
    const waitS = Number(refused.headers.get('retry-after'));
    expect(waitS).toBeGreaterThan(500);
    expect(waitS).toBeLessThanOrEqual(600);
    expect(receiver.requests).toHaveLength(LIMITS.perWebhook);
    const confirmed = await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, {
      code: latestCode(receiver),
    });
    expect(confirmed.status).toBe(200);
  });

  it('are refused through a proxy that does not respond, as it does while a receiver does not', async () => {
    const silent = createServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      const { id } = await createWebhook(api.admin, receiver, { timeoutMs: 1000 });
      const proxy = { url: `http://127.0.0.1:${port}` };
      expect((await api.admin.put(`/v1/webhooks/${id}/egress`, { proxy })).status).toBe(200);
      for (let count = 0; count < LIMITS.perWebhook; count += 1)
        expect((await validate(id)).body).toMatchObject({ error: { code: 'proxy_timeout' } });
      expect((await validate(id)).body).toMatchObject({ code: 'too_many_validations', scope: 'webhook' });
    } finally {
      silent.close();
    }
  });

  it('are refused with those for an access token that fail, by a test or a validation', async () => {
    refusing();
    const auth = { type: 'oauth2', tokenUrl: receiver.url, clientId: 'a', clientSecret: 'b' };
    const own = await api.receiver();
    const tested = await createWebhook(api.admin, own, { auth });
    const test = () => api.admin.post(`/v1/webhooks/${tested.id}/test-authentication`);
    for (let count = 0; count < LIMITS.perWebhook; count += 1)
      expect((await test()).body).toMatchObject({ error: { code: 'token_endpoint_failed' } });
    expect((await test()).body).toMatchObject({ code: 'too_many_validations', scope: 'webhook' });
    expect((await validate(tested.id)).body).toMatchObject({ code: 'too_many_validations' });
    expect(receiver.requests).toHaveLength(LIMITS.perWebhook);
  });

  it('are refused with those for an access token that fail, by a test request', async () => {
    const { test, setAuth } = await activeWithToken(refusing);
    for (let count = 0; count < LIMITS.perWebhook; count += 1) {
      expect((await test()).body).toMatchObject({ error: { code: 'token_endpoint_failed' } });
      await setAuth();
    }
    expect((await test()).body).toMatchObject({ code: 'too_many_validations', scope: 'webhook' });
    expect(receiver.requests).toHaveLength(LIMITS.perWebhook);
  });

  it('do not count calls that request no access token, because there is one or the last request has failed', async () => {
    const failing = await activeWithToken(refusing);
    for (let count = 0; count <= LIMITS.perWebhook; count += 1)
      expect((await failing.test()).body).toMatchObject({ error: { code: 'token_endpoint_failed' } });
    expect(receiver.requests).toHaveLength(1);
    const succeeding = await activeWithToken(() =>
      receiver.handle(() => ({ body: JSON.stringify({ access_token: 'token', token_type: 'Bearer' }) })),
    );
    for (let count = 0; count <= LIMITS.perWebhook; count += 1)
      expect((await succeeding.test()).body.succeeded).toBe(true);
    expect(receiver.requests).toHaveLength(2);
    refusing();
    for (let count = 0; count < LIMITS.perWebhook; count += 1)
      await api.admin.post(`/v1/webhooks/${succeeding.id}/test-authentication`);
    expect((await succeeding.test()).body.succeeded).toBe(true);
  });

  it('do not count those for an access token that succeed', async () => {
    const token = { access_token: 'token', token_type: 'Bearer' };
    receiver.handle(() => ({ body: JSON.stringify(token) }));
    const auth = { type: 'oauth2', tokenUrl: receiver.url, clientId: 'a', clientSecret: 'b' };
    const { id } = await createWebhook(api.admin, await api.receiver(), { auth });
    for (let count = 0; count <= LIMITS.perWebhook; count += 1)
      expect((await api.admin.post(`/v1/webhooks/${id}/test-authentication`)).body.succeeded).toBe(true);
  });

  it('are refused for a webhook that changes its URL each time, staged or not', async () => {
    refusing();
    const pending = await createWebhook(api.admin, receiver);
    const own = await api.receiver();
    const active = await createActiveWebhook(api.admin, own);
    for (const { id } of [pending, active]) {
      const responses: ApiResponse[] = [];
      for (let count = 0; count <= LIMITS.perWebhook; count += 1) {
        await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}${count}` });
        responses.push(await validate(id));
      }
      expect(codesOf(responses)).toEqual([
        ...repeated('validation_delivery_failed', LIMITS.perWebhook),
        'too_many_validations',
      ]);
    }
  });

  it('are refused for a tenant with many webhooks and hosts, and not for another tenant', async () => {
    refusing();
    const [ours, theirs] = [await newTenant(), await newTenant()];
    const port = new URL(receiver.url).port;
    const responses = await validateNew(LIMITS.perTenant + 1, {
      client: ours,
      url: (index) => `http://host-${index}.example:${port}/`,
    });
    expect(codesOf(responses)).toEqual([
      ...repeated('validation_delivery_failed', LIMITS.perTenant),
      'too_many_validations',
    ]);
    expect(responses.at(-1)?.body.scope).toBe('tenant');
    expect(codesOf(await validateNew(1, { client: theirs }))).toEqual(['validation_delivery_failed']);
  });

  it('are refused to one host for all tenants together', async () => {
    refusing();
    const first = await validateNew(LIMITS.perTenant, { client: await newTenant() });
    const second = await validateNew(LIMITS.perTarget - LIMITS.perTenant + 1, { client: await newTenant() });
    expect(codesOf([...first, ...second])).toEqual([
      ...repeated('validation_delivery_failed', LIMITS.perTarget),
      'too_many_validations',
    ]);
    expect(second.at(-1)?.body.scope).toBe('host');
    expect(receiver.requests).toHaveLength(LIMITS.perTarget);
  });

  it('are refused to one address, even if each has its own host name', async () => {
    refusing();
    const port = new URL(receiver.url).port;
    const byName = { url: (index: number) => `http://${index}.wildcard.example:${port}/` };
    const first = await validateNew(LIMITS.perTenant, { client: await newTenant(), ...byName });
    const second = await validateNew(LIMITS.perTarget - LIMITS.perTenant + 1, {
      client: await newTenant(),
      ...byName,
    });
    expect(codesOf([...first, ...second])).toEqual([
      ...repeated('validation_delivery_failed', LIMITS.perTarget),
      'too_many_validations',
    ]);
    expect(second.at(-1)?.body.scope).toBe('address');
    expect(receiver.requests).toHaveLength(LIMITS.perTarget);
  });

  it('can be repeated with the same Idempotency-Key after a refusal', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    for (let count = 0; count < LIMITS.perWebhook; count += 1) await validate(id);
    const again = () =>
      api.admin.post(`/v1/webhooks/${id}/validation`, undefined, { 'idempotency-key': `again ${id}` });
    expect((await again()).status).toBe(429);
    await queuePrefix.clear();
    expect((await again()).status).toBe(200);
  });
});

describe('validation requests that are not counted', () => {
  it('are those of many webhooks whose receiver returns the code, at the same time', async () => {
    echoing();
    const ids: string[] = [];
    for (let count = 0; count <= LIMITS.perTarget; count += 1)
      ids.push((await createWebhook(api.admin, receiver)).id);
    const responses = await Promise.all(ids.map((id) => validate(id)));
    expect(responses.map(({ body }) => body.status)).toEqual(ids.map(() => 'confirmed'));
  });

  it('are those whose code a person confirms', async () => {
    const client = await newTenant();
    for (let count = 0; count <= LIMITS.perTenant; count += 1) await createActiveWebhook(client, receiver);
  });

  it('are those that never leave Posthorn', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.deps.pool.query(
      `UPDATE webhook SET url = 'http://10.0.0.1/' WHERE status = 'pending_validation'`,
    );
    for (let count = 0; count <= LIMITS.perWebhook; count += 1)
      expect((await validate(id)).body.error.code).toBe('blocked_address');
  });
});

describe('validation requests that are not sent', () => {
  it.each<[string, Partial<ApiParts>]>([
    ['because the service is too slow', { sender: { send: async () => ({ kind: 'not_started' }) } }],
    [
      'because PostgreSQL is unavailable',
      { change: () => Promise.reject(new PosthornError('unavailable', { detail: 'no' })) },
    ],
  ])('do not count: %s', async (_name, fault) => {
    const { id } = await createWebhook(api.admin, receiver);
    const works = { ...api.deps };
    Object.assign(api.deps, fault);
    try {
      for (let count = 0; count <= LIMITS.perWebhook; count += 1)
        expect(await validate(id)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    } finally {
      Object.assign(api.deps, works);
    }
    expect(receiver.requests).toHaveLength(0);
    expect((await validate(id)).status).toBe(200);
  });
});

const unavailable = async (): Promise<never> => {
  throw new Error('Connection is closed.');
};

describe('without Redis', () => {
  it('no validation request is sent', async () => {
    const without = await startApi({
      validations: createValidationGuard({
        unconfirmed: {
          count: unavailable,
          countAddress: unavailable,
          remove: unavailable,
          removeConfirmed: unavailable,
        },
        logger,
      }),
    });
    try {
      const { id } = await createWebhook(without.admin, receiver);
      expect(await validate(id, without.admin)).toMatchObject({
        status: 503,
        body: { code: 'unavailable', detail: expect.stringContaining('was not sent') },
      });
      expect(receiver.requests).toHaveLength(0);
    } finally {
      await without.close();
    }
  });
});

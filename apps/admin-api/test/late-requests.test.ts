// Requests whose connection opens only after a call has returned that stops them.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BARRIER_MS, Deadline, decodeId, newId } from '@posthorn/core';
import { readRequestWebhook } from '@posthorn/database/webhooks';
import { AccessTokens } from '@posthorn/flow';
import { createSender, type Sender } from '@posthorn/outbound';
import { createActiveWebhook, eventually, overriding, type Receiver, startReceiver } from '@posthorn/testkit';
import { tokenWebhook } from '../src/requests/access-token.js';
import { startApi, type TestApi } from './start-api.js';

const NAME = 'login.example';

let api: TestApi;
let sender: Sender;
let receiver: Receiver;
/** The token endpoint. Its name is resolved once `resolveName` is called. */
let login: Receiver;
let waiting: (() => void)[] = [];
/** Replaces the next request. */
let next: (() => Promise<void>) | null = null;

beforeAll(async () => {
  sender = createSender(
    { allow: ['127.0.0.0/8'], http: true, ports: '*' },
    {
      async lookup() {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return [{ address: '127.0.0.1', family: 4 }];
      },
    },
  );
  const stoppable = overriding(sender, {
    async send(request) {
      const replacement = next;
      next = null;
      if (replacement === null) return sender.send(request);
      await replacement();
      return { kind: 'not_started' };
    },
  });
  api = await startApi({ sender: stoppable, barrierMs: BARRIER_MS });
  receiver = await api.receiver();
  login = await startReceiver({
    handler: () => ({ body: JSON.stringify({ access_token: 'token', token_type: 'Bearer' }) }),
  });
});
afterAll(async () => {
  await api.close();
  await login.close();
  await sender.stop();
});
afterEach(() => resolveNames());

function resolveNames(): void {
  for (const resolve of waiting.splice(0)) resolve();
}

const oauth2 = (clientId: string) => ({
  type: 'oauth2',
  tokenUrl: login.url.replace('127.0.0.1', NAME),
  clientId,
  clientSecret: 'client-secret',
});

interface Ids {
  id: string;
  tenantId: string;
}

async function createOwned(): Promise<Ids> {
  const { body: tenant } = await api.admin.post('/v1/tenants', { name: newId() });
  const { id } = await createActiveWebhook(api.admin, receiver, { tenantId: tenant.id });
  await api.admin.patch(`/v1/webhooks/${id}`, { auth: oauth2('first') });
  return { id, tenantId: tenant.id };
}

/** The access tokens of a worker. */
const openTokens = () =>
  new AccessTokens({
    pool: api.deps.pool,
    sealer: api.deps.sealer,
    send: (request) => sender.send(request),
    logger: api.deps.logger,
  });

const proxy = 'direct';
const CHANGES: [string, (ids: Ids) => Promise<{ status: number }>][] = [
  ['suspend', ({ id }) => api.admin.post(`/v1/webhooks/${id}/suspend`)],
  ['delete', ({ id }) => api.admin.delete(`/v1/webhooks/${id}`)],
  ['a change of `auth`', ({ id }) => api.admin.patch(`/v1/webhooks/${id}`, { auth: oauth2('second') })],
  ['a change of its route', ({ id }) => api.admin.put(`/v1/webhooks/${id}/egress`, { proxy })],
  [
    'a change of the route of its tenant',
    ({ tenantId }) => api.admin.put(`/v1/tenants/${tenantId}/egress`, { proxy }),
  ],
  ['suspend of its tenant', ({ tenantId }) => api.admin.post(`/v1/tenants/${tenantId}/suspend`)],
  ['delete of its tenant', ({ tenantId }) => api.admin.delete(`/v1/tenants/${tenantId}`)],
];

describe('the request for an access token', () => {
  it.each(CHANGES)('does not leave after %s has returned', async (_case, change) => {
    const ids = await createOwned();
    const webhook = await readRequestWebhook(api.deps.pool, decodeId('webhook', ids.id) ?? '');
    const owner = webhook && tokenWebhook(webhook, api.deps);
    if (!owner) throw new Error('The webhook needs no access token');
    const tokens = openTokens();
    expect(await tokens.take(owner)).toEqual({ kind: 'wait' });
    const test = api.admin.post(`/v1/webhooks/${ids.id}/test-authentication`);
    await eventually(() => expect(waiting).toHaveLength(2));
    expect((await change(ids)).status).toBeLessThan(300);
    resolveNames();
    expect((await test).body.succeeded).not.toBe(true);
    await tokens.stop(new Deadline(60_000));
    expect(login.requests).toEqual([]);
  });

  it('is a conflict, not a failure of the token endpoint, if the webhook changes before it starts', async () => {
    const { id } = await createOwned();
    const path = `/v1/webhooks/${id}`;
    next = async () => void (await api.admin.patch(path, { auth: oauth2('second') }));
    expect((await api.admin.post(`${path}/test-authentication`)).body.code).toBe('conflict');
    next = async () => void (await api.admin.patch(path, { auth: oauth2('third') }));
    expect((await api.admin.post(`${path}/test`, { eventType: 'a.b' })).body.code).toBe('conflict');
    expect(login.requests).toEqual([]);
  });
});

describe('a test of the authentication', () => {
  it('does not succeed with an authentication that was replaced before the response', async () => {
    const { id } = await createOwned();
    const path = `/v1/webhooks/${id}`;
    const handled = new Promise<void>((resolve) => {
      login.handle(async () => {
        await api.admin.patch(path, { auth: oauth2('second') });
        resolve();
        return { body: JSON.stringify({ access_token: 'token', token_type: 'Bearer' }) };
      });
    });
    const test = api.admin.post(`${path}/test-authentication`);
    await eventually(() => expect(waiting).toHaveLength(1));
    resolveNames();
    await handled;
    expect((await test).body.code).toBe('conflict');
  });
});

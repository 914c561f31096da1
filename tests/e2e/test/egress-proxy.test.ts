// Real processes: everything leaves through the proxy, and an outage of it counts for no webhook and loses nothing.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  type EgressProxy,
  eventually,
  patientClient,
  type Receiver,
  startHttpProxy,
  startReceiver,
} from '@posthorn/testkit';

const CREDENTIALS = { username: 'user', password: 'pass-word' };

let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let proxy: EgressProxy;

beforeAll(async () => {
  proxy = await startHttpProxy(CREDENTIALS);
  stack = await startStack({
    ephemeral: true,
    workers: 1,
    env: { POSTHORN_OUTBOUND_PROXY: `http://user:pass-word@127.0.0.1:${proxy.port}` },
  });
  api = patientClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
}, 120_000);

afterAll(async () => {
  await receiver?.close();
  await stack?.stop();
  await proxy?.close();
});

const webhook = async (id: string) => (await api.get(`/v1/webhooks/${id}`)).body;
const deliveryOf = async (id: string) => (await api.get(`/v1/deliveries?webhookId=${id}`)).body.data[0];

it('validations, tests and deliveries leave through the proxy', async () => {
  const { id } = await createActiveWebhook(api, receiver, { eventTypes: ['through'] });
  expect((await api.post(`/v1/webhooks/${id}/test`, { eventType: 'a' })).body.succeeded).toBe(true);
  await api.post('/v1/events', { type: 'through', data: {} });
  await receiver.waitFor(2);
  const [target] = proxy.targets;
  expect(target).toBe(new URL(receiver.url).host);
  // The API and the worker have a connection each.
  expect(new Set(proxy.targets)).toEqual(new Set([target]));
  expect(proxy.targets.length).toBeGreaterThanOrEqual(2);
});

it('an outage of the proxy fails attempts, makes no webhook unhealthy, and ends with the delivery', async () => {
  const { id } = await createActiveWebhook(api, receiver, {
    eventTypes: ['outage'],
    retrySchedule: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  });
  await proxy.close();
  await api.post('/v1/events', { type: 'outage', data: {} });
  await eventually(
    async () => {
      const delivery = await deliveryOf(id);
      expect(delivery).toMatchObject({ status: 'pending', lastError: 'proxy_unreachable' });
      expect(delivery.attemptCount).toBeGreaterThanOrEqual(2);
    },
    { timeoutMs: 60_000 },
  );
  const attempts = (await api.get(`/v1/deliveries/${(await deliveryOf(id)).id}/attempts`)).body.data;
  expect(attempts[0].error).toEqual({
    code: 'proxy_unreachable',
    message: 'The egress proxy is unreachable (ECONNREFUSED)',
  });
  expect(await webhook(id)).toMatchObject({
    status: 'active',
    failingSince: null,
    health: { state: 'healthy' },
  });
  proxy = await startHttpProxy({ ...CREDENTIALS, port: proxy.port });
  await eventually(async () => expect((await deliveryOf(id)).status).toBe('succeeded'), {
    timeoutMs: 60_000,
  });
}, 180_000);

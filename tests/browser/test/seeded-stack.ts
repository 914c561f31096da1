import { expect } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  startReceiver,
  createActiveWebhook,
  testServers,
} from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { insertLastDay } from './insert-last-day.js';

export interface SeededStack {
  stack: Stack;
  api: ApiClient;
  /** IDs of objects with all details that pages can show. */
  ids: Record<
    'webhook' | 'recovery' | 'unvalidated' | 'suspended' | 'event' | 'delivery' | 'rejectedEvent' | 'tenant',
    string
  >;
  close(): Promise<void>;
}

/** Starts a Posthorn with data for every page, successes and failures. */
export async function startSeededStack(env: Record<string, string>): Promise<SeededStack> {
  const servers = await testServers();
  const port = await freePort();
  const settings = { POSTHORN_PUBLIC_URL: `http://127.0.0.1:${port}`, ...env };
  const stack = await startStack({ ephemeral: true, role: 'all', port, env: settings, servers });
  const api = apiClient(stack.apiUrl, stack.adminKey);
  const shop = await startReceiver();
  const ledger = await startReceiver();
  const close = async () => {
    await Promise.all([shop.close(), ledger.close()]);
    await stack.stop();
    await servers.drop();
  };
  try {
    return { stack, api, ids: await seed(stack, api, { shop, ledger }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const INVOICE = {
  id: 'in_1PgR2d',
  customer: 'cus_Q4kT8x',
  number: '2026-0318',
  currency: 'eur',
  amount: 12_900,
  lines: [{ description: 'Team plan, March', quantity: 3, amount: 4300 }],
};

const EVENTS = [
  { name: 'invoice.paid', data: INVOICE },
  { name: 'order.placed', data: { id: 'or_2041', items: 3 } },
  { name: 'order.shipped', data: { id: 'or_2040', carrier: 'GLS' } },
];

const EVENT_TYPES = [
  ['invoice.paid', 'Billing', 'An invoice was paid in full.'],
  ['invoice.payment_failed', 'Billing', 'A payment of an invoice was declined.'],
  ['order.placed', 'Orders', 'A customer placed an order.'],
  ['order.shipped', 'Orders', 'All items of an order are on their way.'],
] as const;

async function seed(
  stack: Stack,
  api: ApiClient,
  { shop, ledger }: Record<'shop' | 'ledger', Receiver>,
): Promise<SeededStack['ids']> {
  for (const [name, group, description] of EVENT_TYPES) {
    const schema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
    const searchKeys = ['/id', '/number'];
    await api.post('/v1/event-types', { name, group, description, schema, example: INVOICE, searchKeys });
  }
  const { body: tenant } = await api.post('/v1/tenants', {
    name: 'Kestrel Bikes',
    tags: ['enterprise', 'region:eu'],
  });
  await api.post('/v1/api-keys', { name: 'storefront', scopes: ['events:write'] });

  const { id: webhook } = await createActiveWebhook(api, ledger, {
    eventTypes: ['invoice.*', 'order.placed'],
    description: 'Accounting',
    tags: ['billing', 'internal'],
    retrySchedule: [1, 1, 3600],
  });
  await createActiveWebhook(api, shop, { eventTypes: ['*'], description: 'Storefront' });
  const { id: suspended } = await createActiveWebhook(api, shop, { eventTypes: ['order.*'] });
  await api.post(`/v1/webhooks/${suspended}/suspend`, { reason: 'moving to the new endpoint' });
  const { body: unvalidated } = await api.post('/v1/webhooks', {
    url: `https://hooks.example.com/${'a-long-path-that-has-no-end/'.repeat(6)}`,
    eventTypes: ['invoice.paid'],
  });
  await api.post('/v1/webhooks', {
    url: 'https://kestrel.example.com/hooks',
    eventTypes: ['*'],
    tenantId: tenant.id,
  });
  await publishEvents(api);
  await insertLastDay(stack, ledger.url);

  ledger.handle(() => ({ status: 503, body: '{"error":"the ledger is closed for maintenance"}' }));
  await api.post('/v1/events', { type: 'order.shipped', data: { id: 'or_7' } });
  const { body: event } = await api.post('/v1/events', { type: 'invoice.paid', data: INVOICE });
  await push(stack, { type: 'not a type', data: '{}' });
  const delivery = await eventually(
    async () => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${webhook}`);
      if (!(body.data[0]?.attemptCount >= 3)) throw new Error('The delivery has not failed three times yet.');
      return body.data[0].id as string;
    },
    { timeoutMs: 20_000 },
  );
  const rejectedEvent = await eventually(
    async () => (await api.get('/v1/rejected-events')).body.data[0].id as string,
  );
  await replay(api, webhook, ['order.placed']);
  await replay(api, webhook, ['invoice.paid']);
  // Before all deliveries, so that their states do not change.
  const range = { since: '2026-01-31T06:54:00Z', until: '2026-01-31T07:10:00Z' };
  const { body: recovery } = await api.post('/v1/recoveries', { ...range, webhookId: webhook });
  return {
    webhook,
    recovery: recovery.id,
    suspended,
    unvalidated: unvalidated.id,
    event: event.id,
    delivery,
    rejectedEvent,
    tenant: tenant.id,
  };
}

/** Publishes events and waits until they are delivered. */
async function publishEvents(api: ApiClient): Promise<void> {
  for (let number = 1; number <= 12; number++) {
    const { name: type, data } = EVENTS[number % EVENTS.length]!;
    await api.post('/v1/events', { type, data: { ...data, number } });
  }
  await eventually(async () => {
    expect((await api.get('/v1/deliveries?status=pending')).body.data).toEqual([]);
  });
}

/** Replays the succeeded deliveries of a webhook. Their new outcome depends on its receiver. */
async function replay(api: ApiClient, webhook: string, eventTypes: string[]): Promise<void> {
  const { status } = await api.post(`/v1/webhooks/${webhook}/replay`, {
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date().toISOString(),
    statuses: ['succeeded'],
    eventTypes,
  });
  expect(status).toBe(202);
}

/** Adds an event to the intake stream. */
async function push({ redisUrl, queuePrefix }: Stack, fields: Record<string, string>): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.xadd(`${queuePrefix}:intake`, '*', ...Object.entries(fields).flat());
  redis.disconnect();
}

// Real processes: faults that concern one delivery and no receiver delay no others, and count for no webhook.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  patientClient,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let database: Database;
let redis: Redis;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, workers: 1 });
  api = patientClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e' });
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
}, 120_000);

afterAll(async () => {
  redis?.disconnect();
  await database?.stop();
  await receiver?.close();
  await stack?.stop();
});

async function publish(type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ type, data: { n } }));
  expect((await api.post('/v1/events/batch', { events })).status).toBe(202);
}

const deliveriesOf = async (webhookId: string, status: string) =>
  (await api.get(`/v1/deliveries?webhookId=${webhookId}&status=${status}&limit=100`)).body.data;

it('a secret that does not open and malformed jobs delay no others, and the webhook stays healthy', async () => {
  const healthy = await createActiveWebhook(api, receiver, { eventTypes: ['healthy'] });
  const broken = await createActiveWebhook(api, receiver, { eventTypes: ['broken'], retrySchedule: [1, 1] });
  await database.pool.query(
    `UPDATE webhook SET secrets = jsonb_set(secrets::jsonb, '{0,sealed}', '"AAAA"') WHERE id = $1`,
    [decodeId('webhook', broken.id)],
  );
  const lane = new Queue('deliveries-fast', { connection: redis, prefix: stack.queuePrefix });
  const malformed = Array.from({ length: 10_000 }, (_, n) => ({
    name: 'deliver',
    data: {},
    opts: {
      jobId: n % 2 === 0 ? `d_' OR ${n}=1--` : `d_ffffffff-ffff-7fff-bfff-${String(n).padStart(12, '0')}`,
    },
  }));
  await lane.addBulk(malformed);
  await publish('broken', 100);
  await publish('healthy', 1);
  await receiver.waitFor(1);
  await eventually(async () => expect(await deliveriesOf(healthy.id, 'succeeded')).toHaveLength(1));
  await eventually(async () => expect(await deliveriesOf(broken.id, 'failed')).toHaveLength(100), {
    timeoutMs: 60_000,
  });
  expect((await deliveriesOf(broken.id, 'failed'))[0]).toMatchObject({
    reason: 'internal_error',
    lastError: 'internal_error',
    attemptCount: 3,
  });
  expect(await lane.getJobCounts('waiting', 'active', 'delayed')).toEqual({
    waiting: 0,
    active: 0,
    delayed: 0,
  });
  expect((await api.get(`/v1/webhooks/${broken.id}`)).body).toMatchObject({
    status: 'active',
    failingSince: null,
    health: { state: 'healthy' },
  });
  // Nothing but the healthy event was sent.
  expect(receiver.requests).toHaveLength(1);
  await lane.close();
}, 120_000);

it('a row that another session has locked delays no others, and its request is made once', async () => {
  const [locked, free] = [await startReceiver(), await startReceiver()];
  const { id: lockedId } = await createActiveWebhook(api, locked, { eventTypes: ['locked'] });
  const { id: freeId } = await createActiveWebhook(api, free, { eventTypes: ['free'] });
  const session = await database.pool.connect();
  locked.handle(async () => {
    await session.query('BEGIN');
    const found = await session.query('SELECT FROM pending_delivery WHERE webhook_id = $1 FOR UPDATE', [
      decodeId('webhook', lockedId),
    ]);
    expect(found.rowCount).toBe(1);
    return {};
  });
  await publish('locked', 1);
  await locked.waitFor(1);
  for (let count = 1; count <= 5; count += 1) {
    await publish('free', 1);
    await eventually(async () => expect(await deliveriesOf(freeId, 'succeeded')).toHaveLength(count));
  }
  expect(await deliveriesOf(lockedId, 'pending')).toHaveLength(1);
  await session.query('COMMIT');
  session.release();
  await eventually(async () => expect(await deliveriesOf(lockedId, 'succeeded')).toHaveLength(1));
  expect(locked.requests).toHaveLength(1);
  await Promise.all([locked.close(), free.close()]);
});

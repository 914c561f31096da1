// An idempotency key that is used again for another event, by every ingress.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type PublishEvent, queuePublisher, streamPublisher } from '@posthorn/sdk/redis';
import { type ApiClient, eventually, patientClient, type TestServers, testServers } from '@posthorn/testkit';
import { Redis } from 'ioredis';

let servers: TestServers;
let stack: Stack;
let redis: Redis;
let api: ApiClient;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, servers, role: 'all' });
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  api = patientClient(stack.apiUrl, stack.adminKey);
}, 120_000);

afterAll(async () => {
  redis?.disconnect();
  await stack?.stop();
  await servers?.drop();
});

it('is rejected, with the first event unchanged', async () => {
  const first: PublishEvent = { type: 'key.used', data: { n: 1 }, idempotencyKey: 'k' };
  const other: PublishEvent = { ...first, data: { n: 2 } };
  const { id } = (await api.post('/v1/events', first)).body;
  const options = { redis, prefix: stack.queuePrefix };
  for (const publisher of [await queuePublisher(options), streamPublisher(options)]) {
    await publisher.publish(first);
    await publisher.publish(other);
  }

  const rejected = ['queue', 'stream'].map((source) =>
    expect.objectContaining({
      source,
      code: 'idempotency_key_reused',
      message: expect.stringContaining(id),
      payload: expect.stringContaining('key.used'),
    }),
  );
  await eventually(async () => {
    const { data } = (await api.get('/v1/rejected-events')).body;
    expect(data).toHaveLength(2);
    expect(data).toEqual(expect.arrayContaining(rejected));
  });
  const { body } = await api.post('/v1/events/batch', { events: [other, first] });
  expect(body).toMatchObject({
    accepted: [{ index: 1, id, duplicate: true }],
    rejected: [{ index: 0, code: 'idempotency_key_reused' }],
  });
  expect((await api.get('/v1/events?type=key.used')).body.data).toMatchObject([{ id }]);
  expect((await api.get(`/v1/events/${id}`)).body.data).toEqual({ n: 1 });
});

import { afterAll, describe, expect, it } from '@jest/globals';
import { pushedEvent, streamEntry } from '@posthorn/contract';
import { freshQueuePrefix } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type PublishEvent, queuePublisher, streamPublisher } from '../src/redis.js';

const EVENT: PublishEvent = {
  type: 'invoice.paid',
  data: { who: 'Zoë' },
  idempotencyKey: 'a-key',
  tenantId: 'default',
  occurredAt: '2026-01-31T12:00:00.000Z',
  orderingKey: 'order-1',
};

describe('a published event matches the format that Posthorn reads', () => {
  const { redisUrl, prefix, clear } = freshQueuePrefix();
  const redis = new Redis(redisUrl);

  afterAll(async () => {
    await clear();
    await redis.quit();
  });

  it('as a BullMQ job', async () => {
    await (await queuePublisher({ redis, prefix })).publish(EVENT);
    const [job] = await new Queue('events', { connection: redis, prefix }).getWaiting();
    const { type, ...payload } = EVENT;
    expect(job?.name).toBe(type);
    expect(pushedEvent.parse(job?.data)).toEqual(pushedEvent.parse(payload));
  });

  it('as jobs in the queues of several prefixes in turn', async () => {
    const prefixes = [1, 2].map((shard) => `${prefix}-${shard}`);
    const publisher = await queuePublisher({ redis, prefixes });
    for (const n of [1, 2, 3, 4]) await publisher.publish({ ...EVENT, data: { n } });
    const counts = prefixes.map((each) =>
      new Queue('events', { connection: redis, prefix: each }).getWaitingCount(),
    );
    expect(await Promise.all(counts)).toEqual([2, 2]);
  });

  it('as a stream entry', async () => {
    const publisher = streamPublisher({ redis, prefix });
    await publisher.publish(EVENT);
    await publisher.publish({ type: 'bare', data: {}, tenantId: null });
    const entries = await redis.xrange(`${prefix}:intake`, '-', '+');
    const [whole, bare] = entries.map(([, fields]) => streamEntry.parse(Object.fromEntries(pairs(fields))));
    expect(whole).toMatchObject({ type: EVENT.type, data: '{"who":"Zoë"}', key: 'a-key', tenant: 'default' });
    expect(whole?.orderingKey).toBe(EVENT.orderingKey);
    expect(whole?.occurredAt).toEqual(
      pushedEvent.parse({ data: {}, occurredAt: EVENT.occurredAt }).occurredAt,
    );
    expect(bare).toEqual({ type: 'bare', data: '{}' });
  });
});

function pairs(fields: string[]): [string, string][] {
  return fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : []));
}

it.each([queuePublisher, streamPublisher])('%p times out while Redis is unavailable', async (publisherOf) => {
  const redis = new Redis('redis://127.0.0.1:1', { disconnectTimeout: 1 });
  redis.on('error', () => {});
  const publisher = await publisherOf({ redis, timeoutMs: 300 });
  await expect(publisher.publish(EVENT)).rejects.toMatchObject({ code: 'timeout' });
  redis.disconnect();
});

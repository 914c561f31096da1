import { expect, it } from '@jest/globals';
import { freshQueuePrefix } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { createQueueInspector } from '../src/index.js';

it('writes nothing', async () => {
  const { redisUrl, prefix } = freshQueuePrefix();
  const redis = new Redis(redisUrl);
  const inspector = createQueueInspector({ redisUrl, prefix });
  const queues = await inspector.queues();
  for (const { queue } of queues) expect(await queue.getJobCounts()).toMatchObject({ waiting: 0 });
  await inspector.stop();
  expect(queues).toHaveLength(5);
  expect(await redis.keys(`${prefix}*`)).toEqual([]);
  redis.disconnect();
});

it('can be stopped before its first use', async () => {
  await createQueueInspector({ redisUrl: 'redis://127.0.0.1:1', prefix: 'any' }).stop();
});

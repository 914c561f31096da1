import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Bench } from './bench.js';
import { eventData } from './payload.js';
import { startService } from './services.js';
import { type Round, timeDeliveries } from './time-deliveries.js';

const PUSH_CHUNK = 500;

/** Pushes `count` events to the queue as fast as possible, with one producer and one worker. */
export async function e2eRedis(bench: Bench, count: number): Promise<Round> {
  const children = {
    producer: await startService(bench, 'producer'),
    worker: await startService(bench, 'worker'),
  };
  return timeDeliveries(bench, {
    count,
    from: 'start',
    async start() {
      await push(bench, count);
      return children;
    },
  });
}

async function push({ stack }: Bench, count: number): Promise<void> {
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  for (let pushed = 0; pushed < count; pushed += PUSH_CHUNK) {
    const length = Math.min(PUSH_CHUNK, count - pushed);
    await queue.addBulk(Array.from({ length }, () => ({ name: 'order.paid', data: { data: eventData() } })));
  }
  await queue.close();
  redis.disconnect();
}

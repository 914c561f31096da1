import { connect, type Database } from '@posthorn/database/connection';
import { freshDatabase, freshQueuePrefix } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/** An own database and queue prefix, with what a test pushes through. */
export interface PushIngress {
  database: Database;
  redis: Redis;
  /** The queue `events`. */
  queue: Queue;
  prefix: string;
  /** The settings of a producer that reads these pushes. */
  settings: Record<string, string>;
  close(): Promise<void>;
}

export async function openPushIngress(): Promise<PushIngress> {
  const fresh = await freshDatabase();
  const { prefix, redisUrl, clear } = freshQueuePrefix();
  const database = connect({ url: fresh.url, applicationName: 'posthorn e2e' });
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: { url: redisUrl }, prefix });
  return {
    database,
    redis,
    queue,
    prefix,
    settings: {
      DATABASE_URL: fresh.url,
      REDIS_URL: redisUrl,
      POSTHORN_QUEUE_PREFIX: prefix,
      POSTHORN_LOG_LEVEL: 'error',
    },
    async close() {
      await queue.close();
      redis.disconnect();
      await database.stop();
      await clear();
      await fresh.drop();
    },
  };
}

import type { Cluster, Redis } from 'ioredis';
import { PosthornError } from './error.js';
import type { components } from './generated/api.js';

/** An event to publish, in the format of `events.publish`. */
export type PublishEvent = components['schemas']['PublishEvent'];

export interface PublisherOptions {
  /** Your Redis client. You close it. */
  redis: Redis | Cluster;
  /** Posthorn's `POSTHORN_QUEUE_PREFIX`. Default: `posthorn`. */
  prefix?: string;
  /**
   * For `queuePublisher` on a Redis Cluster: the push prefixes that `posthorn doctor` lists. Events are spread over the queues
   * under them. Default: only `prefix`.
   */
  prefixes?: readonly string[];
  /** How long to wait for Redis, in milliseconds. Default: 5000. */
  timeoutMs?: number;
}

export interface Publisher {
  /**
   * Resolves once Redis has stored the event. Posthorn validates it later: invalid events appear under
   * `GET /v1/rejected-events`.
   *
   * @throws PosthornError with the code `timeout` if Redis does not reply in time. The event may still have been stored;
   * publish it again with the same `idempotencyKey`.
   */
  publish(event: PublishEvent): Promise<void>;
}

const PREFIX = 'posthorn';
const TIMEOUT_MS = 5000;

/** Returns a publisher that adds BullMQ jobs. Requires `bullmq`, version 5 or 6. */
export async function queuePublisher(options: PublisherOptions): Promise<Publisher> {
  const { redis, prefix = PREFIX, prefixes = [prefix], timeoutMs = TIMEOUT_MS } = options;
  const { Queue } = await importBullMq();
  const queues = prefixes.map((each) => new Queue('events', { connection: redis, prefix: each }));
  // `publish` rejects with the error; without a listener BullMQ would print it, too.
  for (const queue of queues) queue.on('error', () => {});
  let published = 0;
  return {
    async publish({ type, ...job }) {
      const queue = queues[published % queues.length];
      if (!queue) throw new TypeError('prefixes is empty');
      published += 1;
      await withTimeout(queue.add(type, job), timeoutMs);
    },
  };
}

async function importBullMq() {
  try {
    return await import('bullmq');
  } catch (cause) {
    throw new Error('queuePublisher requires the package bullmq, version 5 or 6', { cause });
  }
}

/** Returns a publisher that appends to the intake stream with `XADD`. Does not need BullMQ. */
export function streamPublisher(options: PublisherOptions): Publisher {
  const { redis, prefix = PREFIX, timeoutMs = TIMEOUT_MS } = options;
  return {
    publish({ type, data, idempotencyKey, tenantId, occurredAt, metadata, orderingKey }) {
      const fields = {
        type,
        data: JSON.stringify(data),
        key: idempotencyKey,
        tenant: tenantId,
        occurredAt,
        metadata: metadata && JSON.stringify(metadata),
        orderingKey,
      };
      const entry = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined || value === null ? [] : [name, value],
      );
      return withTimeout(redis.xadd(`${prefix}:intake`, '*', ...entry), timeoutMs);
    },
  };
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timeoutError()), timeoutMs);
  });
  try {
    await Promise.race([work, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

const timeoutError = (): PosthornError =>
  new PosthornError('Redis timed out; the event may still have been stored', { code: 'timeout' });

import type { Cluster, Redis } from 'ioredis';
import { PosthornError } from './error.js';
import type { components } from './generated/api.js';

/** As `events.publish` takes it. */
export type PublishEvent = components['schemas']['PublishEvent'];

export interface PublisherOptions {
  /** The caller's own, who also closes it. */
  redis: Redis | Cluster;
  /** `POSTHORN_QUEUE_PREFIX` of the Posthorn that is to take the events. Default `posthorn`. */
  prefix?: string;
  /** How long Redis may take, or be away, in milliseconds. Default 5000. */
  timeoutMs?: number;
}

export interface Publisher {
  /**
   * Resolves when Redis has the event. Whatever is wrong with it shows under GET /v1/rejected-events.
   *
   * @throws PosthornError `timeout`; Redis may take the event all the same
   */
  publish(event: PublishEvent): Promise<void>;
}

const PREFIX = 'posthorn';
const TIMEOUT_MS = 5000;

/** Publishes as jobs of BullMQ, which must be installed. */
export async function queuePublisher(options: PublisherOptions): Promise<Publisher> {
  const { redis, prefix = PREFIX, timeoutMs = TIMEOUT_MS } = options;
  const { Queue } = await import('bullmq');
  const queue = new Queue('events', { connection: redis, prefix });
  // Each publish says what is wrong; without a listener BullMQ would print it, too.
  queue.on('error', () => {});
  return { publish: ({ type, ...job }) => inTime(queue.add(type, job), timeoutMs) };
}

/** Publishes by XADD, without BullMQ. */
export function streamPublisher(options: PublisherOptions): Publisher {
  const { redis, prefix = PREFIX, timeoutMs = TIMEOUT_MS } = options;
  return {
    publish({ type, data, idempotencyKey, tenantId, occurredAt }) {
      const fields = { type, data: JSON.stringify(data), key: idempotencyKey, tenant: tenantId, occurredAt };
      const said = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [name, value],
      );
      return inTime(redis.xadd(`${prefix}:intake`, '*', ...said), timeoutMs);
    },
  };
}

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new PosthornError('Redis did not answer in time', { code: 'timeout' }));
    timer = setTimeout(giveUp, timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

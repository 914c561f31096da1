import type { Cluster, Redis } from 'ioredis';
import type { components } from './generated/api.js';

/** As `events.publish` takes it. */
export type PublishEvent = components['schemas']['PublishEvent'];

export interface PublisherOptions {
  /** The caller's own, who also closes it. */
  redis: Redis | Cluster;
  /** `POSTHORN_QUEUE_PREFIX` of the Posthorn that is to take the events. Default `posthorn`. */
  prefix?: string;
}

export interface Publisher {
  /** Resolves when Redis has the event. Whatever is wrong with it shows under GET /v1/rejected-events. */
  publish(event: PublishEvent): Promise<void>;
}

const PREFIX = 'posthorn';

/** Publishes as jobs of BullMQ, which must be installed. */
export async function queuePublisher({ redis, prefix = PREFIX }: PublisherOptions): Promise<Publisher> {
  const { Queue } = await import('bullmq');
  const queue = new Queue('events', { connection: redis, prefix });
  return {
    async publish({ type, ...job }) {
      await queue.add(type, job);
    },
  };
}

/** Publishes by XADD, without BullMQ. */
export function streamPublisher({ redis, prefix = PREFIX }: PublisherOptions): Publisher {
  return {
    async publish({ type, data, idempotencyKey, tenantId, occurredAt }) {
      const fields = { type, data: JSON.stringify(data), key: idempotencyKey, tenant: tenantId, occurredAt };
      const said = Object.entries(fields).flatMap(([name, value]) => (value ? [name, value] : []));
      await redis.xadd(`${prefix}:intake`, '*', ...said);
    },
  };
}

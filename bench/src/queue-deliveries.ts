import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue } from '@posthorn/queue';
import type { Bench } from './bench.js';
import { eventData } from './payload.js';

/** Events that are accepted at the same time: several batches of the maximum size. */
const CONCURRENCY = 5000;

interface QueueOptions {
  /** In turn. Default: one. */
  types?: readonly string[];
  /** Whether a producer will run, which feeds full lanes. Otherwise each delivery gets a job. Default: false. */
  isFed?: boolean;
}

/** Accepts `count` events and enqueues their deliveries. No service is needed. */
export async function queueDeliveries(
  { stack, database }: Bench,
  count: number,
  { types = ['order.paid'], isFed = false }: QueueOptions = {},
): Promise<void> {
  const deliveries = await createDeliveryQueue({
    redisUrl: stack.redisUrl,
    prefix: stack.queuePrefix,
    laneLimit: isFed ? null : Number.MAX_SAFE_INTEGER,
  });
  const acceptor = createAcceptor({
    pool: database.pool,
    deliveries,
    onEnqueueError: (error) => {
      throw error;
    },
  });
  let next = 0;
  const acceptAll = async () => {
    while (next < count) {
      const type = types[next % types.length] ?? '';
      next += 1;
      await acceptor.accept({
        tenantId: DEFAULT_TENANT_ID,
        type,
        data: eventData(),
        dataText: null,
        occurredAt: null,
        idempotencyKey: null,
        pushed: null,
      });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, acceptAll));
  await acceptor.stop();
  await deliveries.stop();
}

import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue } from '@posthorn/queue';
import type { Bench } from './bench.js';
import { eventData } from './payload.js';

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
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      acceptor.accept({
        tenantId: DEFAULT_TENANT_ID,
        type: types[index % types.length] ?? '',
        data: eventData(),
        dataText: null,
        occurredAt: null,
        idempotencyKey: null,
        pushed: null,
      }),
    ),
  );
  await acceptor.stop();
  await deliveries.stop();
}

import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue } from '@posthorn/queue';
import type { Bench } from './bench.js';
import { eventData } from './payload.js';

/** Accepts `count` events, with these types in turn, and enqueues their deliveries. No service is needed. */
export async function queueDeliveries(
  { stack, database }: Bench,
  count: number,
  types: readonly string[] = ['order.paid'],
): Promise<void> {
  const deliveries = await createDeliveryQueue({ redisUrl: stack.redisUrl, prefix: stack.queuePrefix });
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

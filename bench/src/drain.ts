import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue } from '@posthorn/queue';
import { eventData } from './payload.js';
import { type Bench, type Round, startService, timeDeliveries } from './scenario.js';

/** `count` deliveries are queued already; one worker process takes them all. */
export async function drain(bench: Bench, count: number): Promise<Round> {
  await queueDeliveries(bench, count);
  return timeDeliveries(bench, {
    count,
    from: 'first arrival',
    start: async () => ({ worker: await startService(bench, 'worker') }),
  });
}

async function queueDeliveries({ stack, database }: Bench, count: number): Promise<void> {
  const deliveries = await createDeliveryQueue({ redisUrl: stack.redisUrl, prefix: stack.queuePrefix });
  const acceptor = createAcceptor({
    pool: database.pool,
    deliveries,
    onEnqueueError: (error) => {
      throw error;
    },
  });
  await Promise.all(
    Array.from({ length: count }, () =>
      acceptor.accept({
        tenantId: DEFAULT_TENANT_ID,
        type: 'order.paid',
        data: eventData(),
        occurredAt: null,
        idempotencyKey: null,
        pushed: null,
      }),
    ),
  );
  await acceptor.close();
  await deliveries.close();
}

import { expect, it } from '@jest/globals';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import { createActiveWebhook, eventually } from '@posthorn/testkit';
import { PUBLISH_LIMITS } from '../src/events/publish-limits.js';
import { useApi } from './use-api.js';
import { useCuttableRedis } from './use-cuttable-redis.js';

const PUBLISHERS = 5;
const EVENTS_PER_PUBLISHER = 10;

const api = useApi();
const redis = useCuttableRedis();

/** Publishes events one after the other, and returns the statuses of the responses. */
async function publish(): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < EVENTS_PER_PUBLISHER; n += 1) {
    const { status } = await api.admin.post('/v1/events', { type: 'silent.test', data: { n } });
    statuses.push(status);
  }
  return statuses;
}

/** Lets the API enqueue its jobs through the proxy while `work` runs. */
async function withQueue<T>(work: (deliveries: DeliveryQueue) => Promise<T>): Promise<T> {
  const deliveries = await createDeliveryQueue(redis.settings);
  const { acceptor, pool } = api.deps;
  api.deps.acceptor = createAcceptor({ pool, deliveries, onEnqueueError: () => {}, limits: PUBLISH_LIMITS });
  try {
    return await work(deliveries);
  } finally {
    api.deps.acceptor = acceptor;
    redis.proxy.heal();
    await deliveries.stop();
  }
}

it('events are accepted while Redis accepts connections and does not respond, and enqueued when it responds', async () => {
  await createActiveWebhook(api.admin, await api.receiver(), { eventTypes: ['silent.*'] });
  // The machine may pause for longer than an event may wait.
  await eventually(() =>
    withQueue(async (deliveries) => {
      const before = (await deliveries.depth()).fast.waiting;
      redis.proxy.cut();
      const statuses = (await Promise.all(Array.from({ length: PUBLISHERS }, publish))).flat();
      expect(statuses).toEqual(Array.from({ length: PUBLISHERS * EVENTS_PER_PUBLISHER }, () => 202));
      redis.proxy.heal();
      await eventually(async () =>
        expect((await deliveries.depth()).fast.waiting).toBe(before + statuses.length),
      );
    }),
  );
});

import type { Bench } from './bench.js';
import { startGenerator } from './generator.js';
import { startAll } from './services.js';
import { type Round, timeDeliveries } from './time-deliveries.js';

/** Publishes `count` events one by one over 64 HTTP connections, with the API, one producer and one worker. */
export async function e2eHttp(bench: Bench, count: number): Promise<Round> {
  const { services, eventsUrl } = await startAll(bench, 1);
  const generator = await startGenerator(bench, eventsUrl);
  const round = await timeDeliveries(bench, {
    count,
    from: 'start',
    async start() {
      const { posts } = await generator.offer({
        connections: 64,
        eventTypes: ['order.paid'],
        count,
        perSecond: null,
      });
      const rejected = posts.filter(([, , , , id]) => id === null).length;
      if (rejected > 0) throw new Error(`${rejected} of ${count} events were not accepted`);
      return services;
    },
  });
  await generator.stop();
  return round;
}

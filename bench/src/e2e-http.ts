import type { Bench } from './bench.js';
import { startGenerator } from './generator.js';
import type { LoadRequest } from './load-generator.js';
import { startTopology, type Topology } from './services.js';
import { type Round, timeDeliveries } from './time-deliveries.js';

/** Returns a round that publishes events one by one over 64 HTTP connections. @param keys the ordering keys of the events; default: none */
export const e2eHttp =
  (topology: Topology, keys: Pick<LoadRequest, 'orderingKeys'> = {}) =>
  async (bench: Bench, count: number): Promise<Round> => {
    const { services, eventsUrl } = await startTopology(bench, topology);
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
          ...keys,
        });
        const rejected = posts.filter(([, , , , id]) => id === null).length;
        if (rejected > 0) throw new Error(`${rejected} of ${count} events were not accepted`);
        return services;
      },
    });
    await generator.stop();
    return round;
  };

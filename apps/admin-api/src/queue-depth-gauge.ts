import { Gauge } from '@posthorn/runtime';
import type { ApiDeps } from './deps.js';

/** How many jobs wait in Redis, asked for whenever the metrics are read. */
export function queueDepthGauge({ deliveries, registry }: Pick<ApiDeps, 'deliveries' | 'registry'>): void {
  const gauge = new Gauge({
    name: 'posthorn_delivery_jobs',
    help: 'Deliveries that have a job in Redis, by lane and state',
    labelNames: ['lane', 'state'],
    registers: [registry],
    async collect() {
      // Without Redis there is nothing to say; the other metrics stand.
      const depth = await deliveries.depth().catch(() => null);
      gauge.reset();
      for (const [lane, states] of Object.entries(depth ?? {})) {
        for (const [state, jobs] of Object.entries(states)) gauge.set({ lane, state }, jobs);
      }
    },
  });
}

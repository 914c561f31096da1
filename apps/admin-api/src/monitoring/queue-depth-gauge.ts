import { Gauge, isUp } from '@posthorn/runtime';
import type { MonitoringDeps } from './deps.js';

/** Registers a gauge of the jobs in Redis, read at each scrape. */
export function queueDepthGauge({
  deliveries,
  registry,
}: Pick<MonitoringDeps, 'deliveries' | 'registry'>): void {
  const gauge = new Gauge({
    name: 'posthorn_delivery_jobs',
    help: 'Deliveries that have a job in Redis, by lane and state',
    labelNames: ['lane', 'state'],
    registers: [registry],
    aggregator: 'max',
    async collect() {
      // Reports nothing while Redis is unavailable or slow; the other metrics are still served.
      const reading = deliveries.depth();
      const depth = (await isUp(() => reading)) ? await reading : null;
      gauge.reset();
      for (const [lane, states] of Object.entries(depth ?? {})) {
        for (const [state, jobs] of Object.entries(states)) gauge.set({ lane, state }, jobs);
      }
    },
  });
}

import { type Lane, LANES } from '@posthorn/core';
import type { WebhookLimiter } from '@posthorn/flow';
import { Counter, type CountDropped, dropCounter, Gauge, type Registry } from '@posthorn/runtime';

/** Upper bounds of the buckets of `posthorn_webhook_windows`. */
const WINDOW_BUCKETS = [1, 4, 9, 49, Infinity];

export interface WorkerMetrics {
  /** Counts a delivery that was held. */
  held(): void;
  /** Counts deliveries that this process has started right after it has stored them. */
  startedHere(count: number): void;
  dropped: CountDropped;
  /** Registers the gauges of lanes and windows. */
  watch(watched: Watched): void;
}

interface Watched {
  permits: { running: (lane: Lane) => number; readonly detachedCount: number };
  limiter: Pick<WebhookLimiter, 'flowStates'>;
  concurrency: Record<Lane, number>;
}

/** Registers the metrics of a worker, except those of attempts. */
export function workerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const held = new Counter({
    name: 'posthorn_deliveries_held_total',
    help: 'Deliveries held because their webhook had no free slot',
    registers,
  });
  const startedHere = new Counter({
    name: 'posthorn_deliveries_started_here_total',
    help: 'Deliveries that the process of role all which stored them has started at once, without their lane',
    registers,
  });
  return {
    held: () => held.inc(),
    startedHere: (count) => startedHere.inc(count),
    dropped: dropCounter(registry),
    watch({ permits, limiter, concurrency }) {
      void new Gauge({
        name: 'posthorn_worker_concurrency',
        help: 'Deliveries that this worker may run at the same time, by lane',
        labelNames: ['lane'],
        registers,
        collect() {
          for (const lane of LANES) this.set({ lane }, concurrency[lane]);
        },
      });
      void new Gauge({
        name: 'posthorn_worker_concurrency_used',
        help: 'Deliveries that this worker is running, by lane; detached: late requests outside of the lanes',
        labelNames: ['lane'],
        registers,
        collect() {
          for (const lane of LANES) this.set({ lane }, permits.running(lane));
          this.set({ lane: 'detached' }, permits.detachedCount);
        },
      });
      void new Gauge({
        name: 'posthorn_webhook_windows',
        help: 'Webhooks that this worker delivers to, by the size of their congestion window',
        labelNames: ['up_to'],
        registers,
        collect() {
          const windows = limiter.flowStates().map(({ state }) => Math.floor(state.window));
          for (const [index, upTo] of WINDOW_BUCKETS.entries()) {
            const above = WINDOW_BUCKETS[index - 1] ?? 0;
            this.set(
              { up_to: upTo === Infinity ? '+Inf' : upTo },
              windows.filter((window) => window > above && window <= upTo).length,
            );
          }
        },
      });
    },
  };
}

import { type Lane, LANES } from '@posthorn/core';
import type { WebhookLimiter } from '@posthorn/flow';
import { Counter, type CountDropped, dropCounter, Gauge, type Registry } from '@posthorn/runtime';
import type { LeaveEarly } from './leave-early.js';

/** Upper ends of the classes that windows are counted in. */
const WINDOW_CLASSES = [1, 4, 9, 49, Infinity];

export interface WorkerMetrics {
  /** A delivery was put aside for its webhook to have room. */
  held(): void;
  dropped: CountDropped;
  /** Shows how full the lanes are and how wide the windows. */
  watch(watched: Watched): void;
}

export interface Watched {
  early: Pick<LeaveEarly, 'taken' | 'goingOn'>;
  pace: Pick<WebhookLimiter, 'paces'>;
  /** Places in each lane. */
  places: Record<Lane, number>;
}

/** What this worker does beside the attempts themselves. */
export function workerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const held = new Counter({
    name: 'posthorn_deliveries_held_total',
    help: 'Deliveries put aside because their webhook had no room',
    registers,
  });
  return {
    held: () => held.inc(),
    dropped: dropCounter(registry),
    watch({ early, pace, places }) {
      void new Gauge({
        name: 'posthorn_worker_places',
        help: 'Deliveries that this worker can be at, by lane',
        labelNames: ['lane'],
        registers,
        collect() {
          for (const lane of LANES) this.set({ lane }, places[lane]);
        },
      });
      void new Gauge({
        name: 'posthorn_worker_places_taken',
        help: 'Deliveries that this worker is at, by lane; left: requests that gave their place back',
        labelNames: ['lane'],
        registers,
        collect() {
          for (const lane of LANES) this.set({ lane }, early.taken(lane));
          this.set({ lane: 'left' }, early.goingOn());
        },
      });
      void new Gauge({
        name: 'posthorn_webhook_windows',
        help: 'Webhooks that this worker delivers to, by the most requests that they may have in flight',
        labelNames: ['up_to'],
        registers,
        collect() {
          const windows = Array.from(pace.paces(), (slots) => Math.floor(slots.pace.window));
          for (const [index, upTo] of WINDOW_CLASSES.entries()) {
            const above = WINDOW_CLASSES[index - 1] ?? 0;
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

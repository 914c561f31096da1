import { LANES } from '@posthorn/core';
import { Counter, Gauge, type Registry } from '@posthorn/runtime';
import type { LeaveEarly } from './leave-early.js';
import type { PaceKeeper } from './pace-keeper.js';

/** Upper ends of the classes that windows are counted in. */
const WINDOW_CLASSES = [1, 4, 9, 49, Infinity];

export interface WorkerMetrics {
  /** A delivery was put aside for its webhook to have room. */
  held(): void;
  dropped(reason: string, count?: number): void;
  /** Shows how full the lanes are and how wide the windows. */
  watch(watched: { early: Pick<LeaveEarly, 'taken' | 'goingOn'>; pace: Pick<PaceKeeper, 'paces'> }): void;
}

/** What this worker does beside the attempts themselves. */
export function workerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const held = new Counter({
    name: 'posthorn_deliveries_held_total',
    help: 'Deliveries put aside because their webhook had no room',
    registers,
  });
  const dropped = new Counter({
    name: 'posthorn_deliveries_dropped_total',
    help: 'Deliveries that were never sent, by reason',
    labelNames: ['reason'],
    registers,
  });
  return {
    held: () => held.inc(),
    dropped: (reason, count = 1) => dropped.inc({ reason }, count),
    watch({ early, pace }) {
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
        labelNames: ['upTo'],
        registers,
        collect() {
          const windows = Array.from(pace.paces(), (slots) => Math.floor(slots.pace.window));
          for (const [index, upTo] of WINDOW_CLASSES.entries()) {
            const above = WINDOW_CLASSES[index - 1] ?? 0;
            this.set({ upTo }, windows.filter((window) => window > above && window <= upTo).length);
          }
        },
      });
    },
  };
}

import type { Bench } from './bench.js';
import { queueDeliveries } from './queue-deliveries.js';
import { startService } from './services.js';
import { type Round, timeDeliveries } from './time-deliveries.js';

/** Measures one worker that delivers `count` queued deliveries. */
export async function drain(bench: Bench, count: number): Promise<Round> {
  await queueDeliveries(bench, count);
  return timeDeliveries(bench, {
    count,
    from: 'first arrival',
    start: async () => ({ worker: await startService(bench, 'worker') }),
  });
}

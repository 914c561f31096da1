import { setTimeout as sleep } from 'node:timers/promises';
import { stopRequests } from '@posthorn/local';
import type { components } from '@posthorn/sdk';
import type { ApiContext } from '../command/api-command.js';
import { DeliveryPoller } from './delivery-poller.js';
import { deliveryLine } from './delivery-line.js';

const POLL_MS = 300;

/** Prints the deliveries of an event until all are settled. Returns whether all succeeded. */
export async function watchEvent(
  { api, output }: ApiContext,
  { id, deliveries }: components['schemas']['AcceptedEvent'],
): Promise<boolean> {
  const requests = stopRequests();
  const { stop } = requests;
  const list = () => api.events.deliveries(id, { limit: 200 }, { signal: stop });
  const poller = new DeliveryPoller(list, Math.max(deliveries, 1));
  try {
    for (;;) {
      const { all, changed } = await poller.poll();
      for (const delivery of changed) output.event(delivery, () => deliveryLine(delivery));
      if (all.length >= deliveries && all.every(({ status }) => status !== 'pending'))
        return all.every(({ status }) => status === 'succeeded');
      await sleep(POLL_MS, undefined, { signal: stop });
    }
  } catch (error) {
    if (!stop.aborted) throw error;
    return false;
  } finally {
    requests.dispose();
  }
}

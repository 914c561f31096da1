import { setTimeout as sleep } from 'node:timers/promises';
import { stopRequests } from '@posthorn/local';

import type { ApiContext } from '../command/api-command.js';
import type { DeliveryFilter } from './delivery-filter.js';
import { DeliveryPoller } from './delivery-poller.js';
import { deliveryLine } from './delivery-line.js';

const POLL_MS = 1000;

/** Prints each delivery once per state until the user stops the command. */
export async function tailDeliveries(
  { api, output }: ApiContext,
  { webhook, status, type, tenant, last }: DeliveryFilter & { last: number },
): Promise<void> {
  const requests = stopRequests();
  const { stop } = requests;
  const filter = { webhookId: webhook, eventType: type, tenantId: tenant, limit: 200 };
  const poller = new DeliveryPoller((query) =>
    api.deliveries.list({ ...filter, ...query }, { signal: stop }),
  );
  const statuses = status?.split(',');
  let isFirst = true;
  try {
    while (!stop.aborted) {
      const { changed } = await poller.poll();
      const matching = changed.filter((delivery) => statuses?.includes(delivery.status) ?? true);
      for (const delivery of isFirst ? latest(matching, last) : matching)
        output.event(delivery, () => deliveryLine(delivery));
      if (isFirst) output.note('Waiting for new deliveries. Press Ctrl-C to stop.');
      isFirst = false;
      await sleep(POLL_MS, undefined, { signal: stop });
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    requests.dispose();
  }
}

const latest = <Item>(items: Item[], count: number): Item[] => (count === 0 ? [] : items.slice(-count));

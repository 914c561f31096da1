import type { OverviewResponse } from '@posthorn/contract';
import { LANES } from '@posthorn/core';
import { readOldestDueAges } from '@posthorn/database/deliveries';
import { countWebhooks } from '@posthorn/database/webhooks';
import type { DeliveryQueue } from '@posthorn/queue';
import { type PendingSources, readPending } from '../deliveries/pending-deliveries.js';

interface OverviewSources extends PendingSources {
  deliveries: Pick<DeliveryQueue, 'depth' | 'workerCount'>;
}

/** Reads the overview of a tenant, or, for null, of the whole system. */
export async function readOverview(
  { pool, deliveries, slots }: OverviewSources,
  tenantId: string | null,
): Promise<OverviewResponse> {
  const now = new Date();
  const time = now.toISOString();
  const [webhooks, pending] = await Promise.all([
    countWebhooks(pool, tenantId),
    readPending({ pool, slots }, { tenantId }),
  ]);
  if (tenantId !== null) return { time, workers: null, lanes: null, webhooks, pending };
  const [ages, depth, processes] = await Promise.all([
    readOldestDueAges(pool),
    deliveries.depth(),
    deliveries.workerCount(),
  ]);
  const lanes = LANES.map((lane) => ({
    lane,
    oldestDueSeconds: ages[lane] > 0 ? ages[lane] / 1000 : null,
    waiting: depth[lane].waiting,
  }));
  return { time, workers: { processes }, lanes, webhooks, pending };
}

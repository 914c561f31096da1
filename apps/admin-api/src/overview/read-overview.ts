import type { OverviewResponse } from '@posthorn/contract';
import { LANES } from '@posthorn/core';
import { countWebhooks, readOldestDueAges, type Pool } from '@posthorn/database';
import type { DeliveryQueue } from '@posthorn/queue';

export interface OverviewSources {
  pool: Pool;
  deliveries: Pick<DeliveryQueue, 'depth' | 'workerCount'>;
}

/** Reads the overview of a tenant, or, for null, of the whole system. */
export async function readOverview(
  { pool, deliveries }: OverviewSources,
  tenantId: string | null,
): Promise<OverviewResponse> {
  const now = new Date();
  const time = now.toISOString();
  if (tenantId !== null)
    return { time, workers: null, lanes: null, webhooks: await countWebhooks(pool, tenantId) };
  const [webhooks, ages, depth, processes] = await Promise.all([
    countWebhooks(pool, null),
    readOldestDueAges(pool),
    deliveries.depth(),
    deliveries.workerCount(),
  ]);
  const lanes = LANES.map((lane) => ({
    lane,
    oldestDueSeconds: ages[lane] > 0 ? ages[lane] / 1000 : null,
    waiting: depth[lane].waiting,
  }));
  return { time, workers: { processes }, lanes, webhooks };
}

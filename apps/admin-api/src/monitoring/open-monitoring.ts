import { recordApiKeyUses } from '@posthorn/database/access';
import { ping, type Pool } from '@posthorn/database/connection';
import type { SlotStore } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import { poolGauges, type ServiceContext, serverGauges } from '@posthorn/runtime';
import type { ApiConfig } from '@posthorn/runtime/config';
import { ApiKeyUsage } from '../access/api-key-usage.js';
import { OverviewFeed } from '../overview/overview-feed.js';
import { readOverview } from '../overview/read-overview.js';
import { engineGauges } from './engine-gauges.js';

/** Times in milliseconds. */
export interface MonitoringWaits {
  /** Between two overviews of a stream. */
  overviewPollMs: number;
  /** How long an overview may be reused. */
  overviewFreshMs: number;
  /** How soon a use of an API key is stored. */
  keyUsageFlushMs: number;
}

interface MonitoredParts {
  /** By name, for the metrics. */
  pools: Record<string, Pool> & Record<'main' | 'history', Pool>;
  deliveries: DeliveryQueue;
  slots: SlotStore;
  waits: MonitoringWaits;
}

/** Opens what records the use of API keys and shows the state of the system, and registers its gauges. */
export async function openMonitoring(
  { logger, registry, parts }: Pick<ServiceContext<ApiConfig>, 'logger' | 'registry' | 'parts'>,
  { pools, deliveries, slots, waits }: MonitoredParts,
): Promise<{ keyUsage: ApiKeyUsage; overview: OverviewFeed }> {
  const overview = await parts.open(
    new OverviewFeed({
      read: (tenantId) => readOverview({ pool: pools.history, deliveries, slots }, tenantId),
      everyMs: waits.overviewPollMs,
      freshMs: waits.overviewFreshMs,
    }),
  );
  const keyUsage = await parts.open(
    new ApiKeyUsage({
      record: (keyIds) => recordApiKeyUses(pools.main, keyIds),
      onError: (error) => logger.warn('recording uses of API keys failed', { error }),
      flushMs: waits.keyUsageFlushMs,
    }),
  );
  poolGauges(registry, pools);
  serverGauges(registry, {
    postgresql: () => ping(pools.main),
    redis: () => deliveries.ping(),
  });
  engineGauges({ pool: pools.history, slotStore: slots, registry });
  return { keyUsage, overview };
}

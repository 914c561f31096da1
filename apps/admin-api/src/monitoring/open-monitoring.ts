import { recordApiKeyUses } from '@posthorn/database/access';
import type { SlotStore } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import { poolGauges, type ServiceContext, serverGauges } from '@posthorn/runtime';
import type { ApiConfig } from '@posthorn/runtime/config';
import type { MonitoringDeps } from '../deps.js';
import { ApiKeyUsage } from '../http/api-key-usage.js';
import type { Databases } from '../open-databases.js';
import { OverviewFeed } from '../overview/overview-feed.js';
import { readOverview } from '../overview/read-overview.js';
import type { Waits } from '../waits.js';
import { engineGauges } from './engine-gauges.js';

export interface MonitoredParts {
  pools: Databases['pools'];
  deliveries: DeliveryQueue;
  slots: SlotStore;
  waits: Waits;
}

/** Opens what records the use of API keys and shows the state of the system, and registers its gauges. */
export async function openMonitoring(
  { config, logger, registry, group, tracing, parts }: ServiceContext<ApiConfig>,
  { pools, deliveries, slots, waits }: MonitoredParts,
): Promise<Omit<MonitoringDeps, 'writes'>> {
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
    postgresql: () => pools.main.query('SELECT 1'),
    redis: () => deliveries.ping(),
  });
  engineGauges({ pool: pools.history, slotStore: slots, registry });
  return { logger, registry, group, tracing, keyUsage, overview, metricsToken: config.metricsToken };
}

import type { Quotas } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { connectForProbe, probeWrites } from '@posthorn/database/server';
import { createAcceptor, observeAcceptor, openPublishQuotas } from '@posthorn/fanout';
import type { StartOrReturn } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import { eventCounter, refusalCounter, type ServiceContext } from '@posthorn/runtime';
import { type ApiConfig, payloadRetentionDays, redisSettings } from '@posthorn/runtime/config';
import type { EventDeps } from './deps.js';
import { monitorWrites } from './monitor-writes.js';
import { WriteMonitor } from '../monitoring/write-monitor.js';
import { enforceQuotas } from './enforce-quotas.js';
import { countAccepted } from './count-accepted.js';
import { PUBLISH_LIMITS } from './publish-limits.js';
import { refusalWarning } from './refusal-warning.js';

interface AcceptorParts {
  pools: Record<'lookup' | 'accept', Pool>;
  payloadKeys: PayloadKeys;
  deliveries: DeliveryQueue;
  /** The quotas of tenants without their own. */
  quotas: Quotas;
  /** Starts deliveries in this process, if it has a worker. */
  startOrReturn: StartOrReturn | undefined;
}

/** Opens what stores events: within the quotas of their tenants, counted, and watched for whether PostgreSQL accepts writes. */
export async function openAcceptor(
  { config, logger, registry, tracing, parts }: ServiceContext<ApiConfig>,
  { pools, payloadKeys, deliveries, quotas, startOrReturn }: AcceptorParts,
): Promise<{ acceptor: EventDeps['acceptor']; writes: WriteMonitor }> {
  const countRefused = refusalCounter(registry);
  const warnOfRefusal = refusalWarning(logger);
  const acceptor = await parts.open(
    createAcceptor({
      pool: pools.lookup,
      hotPathPool: pools.accept,
      deliveries,
      startOrReturn,
      tracing,
      limits: PUBLISH_LIMITS,
      payloadRetentionDays: payloadRetentionDays(config),
      retentionDays: config.retentionDays,
      payloadKeys,
      onRefuse(...refusal) {
        countRefused(...refusal);
        warnOfRefusal(...refusal);
      },
      onEnqueueError: (error) => logger.warn('enqueue failed; the reconciler will retry', { error }),
    }),
  );
  const { pool: probePool } = await parts.openAlongside(connectForProbe(config.databaseUrl));
  const writes = new WriteMonitor({ probe: () => probeWrites(probePool) });
  const publishQuotas = await parts.open(
    openPublishQuotas({
      ...redisSettings(config),
      pool: pools.lookup,
      defaults: quotas,
      onError: (error) => logger.warn('tenant rate limits are not enforced', { error }),
    }),
  );
  const hooks = [
    enforceQuotas({ quotas: publishQuotas, countRefused }),
    monitorWrites(writes),
    countAccepted(eventCounter(registry)),
  ];
  return { acceptor: observeAcceptor(acceptor, hooks), writes };
}

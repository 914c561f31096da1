import { randomUUID } from 'node:crypto';
import { connect, ping, PROMPT_STATEMENTS } from '@posthorn/database/connection';
import { openPayloadKeys } from '@posthorn/database/encryption';
import { migrate } from '@posthorn/database/server';
import { ensureInstallationId } from '@posthorn/database/settings';
import { createAcceptor } from '@posthorn/fanout';
import {
  createFenceStore,
  createSlotStore,
  openTaskShares,
  Quarantine,
  type StartOrReturn,
} from '@posthorn/flow';
import {
  createDeliveryQueue,
  eventsLog,
  intakeStream,
  openDoorbell,
  openErasureRedis,
  wakeStream,
} from '@posthorn/queue';
import { poolGauges, poolSizeOf, quarantineGauge, type ServiceContext, serveHealth } from '@posthorn/runtime';
import {
  payloadRetentionDays,
  type PayloadSettings,
  type ProducerConfig,
  type redisSettings,
} from '@posthorn/runtime/config';

type Context = ServiceContext<ProducerConfig>;
export type Pools = Awaited<ReturnType<typeof openPools>>;
export type RedisParts = Awaited<ReturnType<typeof openRedis>>;

const MIN_BULK_CONNECTIONS = 3;

/** Migrates the database and opens its pools, and what opens its payloads. */
export async function openPools(
  { config, logger, registry, group, parts }: Context,
  payloads: PayloadSettings,
) {
  const url = config.databaseUrl;
  const quarantine = new Quarantine(logger);
  const { onSession } = quarantine;
  await migrate(url, config);
  const { pool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn producer',
      max: poolSizeOf(6, group),
      onSession,
      ...PROMPT_STATEMENTS,
    }),
  );
  // For tasks whose statements may take long, and which no delivery waits for. One connection is for renewing their leases.
  const { pool: bulkPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn producer: bulk',
      max: Math.max(poolSizeOf(5, group), MIN_BULK_CONNECTIONS),
      onSession,
    }),
  );
  const { pool: acceptPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn producer: accept',
      // One waits for the counters of ordered webhooks while the other one stores other events.
      max: 2,
      genericPlans: true,
      // Many times the usual duration of a batch of events. After it, batches are smaller.
      ...PROMPT_STATEMENTS,
    }),
  );
  poolGauges(registry, { main: pool, bulk: bulkPool, accept: acceptPool });
  const payloadKeys = await openPayloadKeys(pool, payloads);
  return { pool, bulkPool, acceptPool, payloadKeys, quarantine };
}

/** Opens everything that is stored in Redis, and serves the health checks. */
export async function openRedis(
  { config, logger, registry, parts }: Context,
  redis: ReturnType<typeof redisSettings>,
  { pool, quarantine }: Pools,
) {
  const queue = await parts.open(
    createDeliveryQueue({ ...redis, onError: (error) => logger.debug('delivery queue error', { error }) }),
  );
  const installationId = await ensureInstallationId(pool);
  await queue.claimPrefix(installationId);
  await parts.open(quarantine.open({ pool, erasures: queue }));
  quarantineGauge(registry, quarantine);
  const servers = { postgresql: () => ping(pool), redis: () => queue.ping() };
  await parts.open(serveHealth({ config, registry, servers, quarantine }));
  const wakeUps = wakeStream(redis.prefix, 'producers');
  const streams = [intakeStream(redis.prefix), eventsLog(redis.prefix), wakeUps];
  const doorbell = await parts.open(openDoorbell({ ...redis, streams }));
  const fences = await parts.open(createFenceStore(redis));
  const shares = await parts.open(openTaskShares(redis, randomUUID()));
  const store = await parts.open(createSlotStore(redis));
  const erasures = await parts.open(openErasureRedis(redis));
  return { queue, installationId, doorbell, wakeUps, fences, shares, store, erasures };
}

interface AcceptorContext extends Pick<RedisParts, 'queue'> {
  pools: Pools;
  /** Starts deliveries in this process, if it has a worker. */
  startOrReturn: StartOrReturn | undefined;
}

/** Opens the acceptor of pushed and operational events. */
export function openAcceptor(
  { config, logger, tracing, parts }: Context,
  { pools: { pool, acceptPool, payloadKeys }, queue, startOrReturn }: AcceptorContext,
) {
  return parts.open(
    createAcceptor({
      pool,
      hotPathPool: acceptPool,
      deliveries: queue,
      startOrReturn,
      payloadRetentionDays: payloadRetentionDays(config),
      retentionDays: config.retentionDays,
      payloadKeys,
      tracing,
      onEnqueueError: (error) => logger.warn('enqueue failed; the reconciler will retry', { error }),
    }),
  );
}

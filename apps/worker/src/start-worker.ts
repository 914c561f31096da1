import { randomUUID } from 'node:crypto';
import { createSealer, rememberOpened } from '@posthorn/core';
import {
  assertEncryptionKey,
  connect,
  ensureInstallationId,
  migrate,
  PROMPT_STATEMENTS,
} from '@posthorn/database';
import {
  createReleaser,
  createSlotStore,
  createUtilizationMeter,
  flowNowMs,
  openTaskShares,
  RetryPriorities,
  type StartHere,
} from '@posthorn/flow';
import { createSender, type Sender } from '@posthorn/outbound';
import { createDeliveryQueue, openDoorbell, wakeStream } from '@posthorn/queue';
import { createTasks, poolGauges, type ServiceContext, serveHealth } from '@posthorn/runtime';
import { outboundRules, redisSettings, type WorkerConfig } from '@posthorn/runtime/config';
import { createInternalErrorReporter } from './internal-errors.js';
import { KnownWebhooks } from './known-webhooks.js';
import { LanePermits } from './lane-permits.js';
import { type Lanes, startLanes } from './lanes.js';
import { LocalStarts } from './local-starts.js';
import { openPipeline } from './open-pipeline.js';

/** While no delivery is held, the doorbell ends the pause. */
const RELEASE_PAUSES = { intervalMs: 100, maxIntervalMs: 5000 };

/** Maximum number of detached deliveries of this process; one tenant alone can use half of them. */
const MAX_DETACHED = 2000;

/** Maximum number of bytes of their payloads that this process holds in memory. */
const MAX_DETACHED_BYTES = 128 * 1024 * 1024;

/**
 * Opens the parts of a worker: the lanes that run deliveries and the release of held ones. Returns the function that starts deliveries
 * which another part of this process has just stored.
 */
export async function startWorker({
  config,
  logger,
  registry,
  tracing,
  parts,
}: ServiceContext<WorkerConfig>): Promise<StartHere> {
  const redis = redisSettings(config);
  const url = config.databaseUrl;
  const worker = randomUUID();
  const concurrency = {
    fast: config.workerConcurrency,
    slow: config.workerSlowConcurrency,
    retry: config.workerRetryConcurrency,
    replay: config.workerReplayConcurrency,
  };

  const permits = new LanePermits({
    concurrency,
    maxDetached: MAX_DETACHED,
    maxDetachedBytes: MAX_DETACHED_BYTES,
  });
  const priorities = new RetryPriorities(flowNowMs);

  await migrate(url, config);
  const { pool } = await parts.open(
    connect({ url, applicationName: 'posthorn worker', max: 6, ...PROMPT_STATEMENTS }),
  );
  const { pool: hotPathPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn worker: deliveries',
      max: 2,
      genericPlans: true,
      ...PROMPT_STATEMENTS,
    }),
  );
  poolGauges(registry, { main: pool, deliveries: hotPathPool });
  const sealer = rememberOpened(createSealer(config.encryptionKey));
  await assertEncryptionKey(pool, sealer);

  const sender = await parts.open<Sender>(createSender(outboundRules(config)));
  const queue = await parts.open(
    createDeliveryQueue({ ...redis, onError: (error) => logger.debug('delivery queue error', { error }) }),
  );
  await queue.claimPrefix(await ensureInstallationId(pool));
  await parts.open(
    serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    }),
  );
  const held = wakeStream(redis.prefix, 'workers');
  const doorbell = await parts.open(openDoorbell({ ...redis, streams: [held] }));
  const store = await parts.open(createSlotStore(redis));
  const shares = await parts.open(openTaskShares(redis, worker));

  const reportInternalError = createInternalErrorReporter({ logger, registry, nowMs: flowNowMs });
  const utilization = createUtilizationMeter();
  const webhooks = new KnownWebhooks(() => performance.now());
  const localStarts = new LocalStarts({
    startHere: (deliveryIds) => lanes.startHere(deliveryIds),
    permits,
    webhooks,
    utilization,
    onError: (error) => logger.debug('deliveries not started in this process', { error }),
  });
  const deliveries = await openPipeline(parts, {
    database: { pool, hotPathPool },
    sender,
    queue,
    store,
    worker,
    concurrency,
    permits,
    webhooks,
    localStarts,
    priorities,
    sealer,
    logger,
    registry,
    reportInternalError,
    tracing,
    sendTraceparent: config.sendTraceparent,
    logSuccesses: config.logAttempts === 'all',
  });
  const lanes: Lanes = await parts.open(
    startLanes(
      {
        ...redis,
        enqueue: (jobs) => queue.enqueue(jobs),
        withholdDelayed: (...job) => queue.withheld.withholdDelayed(...job),
        concurrency,
        permits,
        utilization,
        logger,
        reportInternalError,
      },
      (task) => deliveries.run(task),
    ),
  );
  const tasks = await parts.openAlongside(createTasks({ logger, registry }));
  const releaser = createReleaser({ pool, queue, priorities, shares, store });
  doorbell.on(held, tasks.run('release', RELEASE_PAUSES, releaser));
  return localStarts.start;
}

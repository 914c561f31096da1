import { randomUUID } from 'node:crypto';
import { createSealer, currentMoment, type Lane, rememberOpened } from '@posthorn/core';
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
import { createDeliveryStore } from './delivery-store.js';
import { createInternalErrorReporter } from './internal-errors.js';
import { KnownWebhooks } from './known-webhooks.js';
import { LanePermits } from './lane-permits.js';
import { LaneTurns } from './lane-turns.js';
import { type Lanes, startLanes } from './lanes.js';
import { LocalStarts } from './local-starts.js';
import { openReports } from './open-reports.js';
import { openRunner } from './open-runner.js';
import { workerMetrics } from './worker-metrics.js';

/** While no delivery is held, the doorbell ends the pause. */
const RELEASE_PAUSES = { intervalMs: 100, maxIntervalMs: 5000 };

/** Maximum number of detached deliveries of this process; one tenant alone can use half of them. */
const MAX_DETACHED = 2000;

/** Maximum number of bytes of their payloads that this process holds in memory. */
const MAX_DETACHED_BYTES = 128 * 1024 * 1024;

const nowMs = (): number => performance.now();

/**
 * Opens the parts of a worker: the lanes that run deliveries and the release of held ones. Returns the function that starts deliveries
 * which another part of this process has just stored.
 */
export async function startWorker(context: ServiceContext<WorkerConfig>): Promise<StartHere> {
  const { config, logger, registry, tracing, parts } = context;
  const redis = redisSettings(config);
  const worker = randomUUID();
  const { pool, hotPathPool } = await openDatabase(context);
  const sealer = rememberOpened(createSealer(config.encryptionKey));
  await assertEncryptionKey(pool, sealer);
  const sender = await parts.open<Sender>(createSender(outboundRules(config)));
  const queue = await openQueue(context, await ensureInstallationId(pool));
  await parts.open(
    serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    }),
  );
  const held = wakeStream(redis.prefix, 'workers');
  const doorbell = await parts.open(openDoorbell({ ...redis, streams: [held] }));
  const slots = await parts.open(createSlotStore(redis));
  const shares = await parts.open(openTaskShares(redis, worker));

  const concurrency = concurrencyOf(config);
  const permits = new LanePermits({
    concurrency,
    maxDetached: MAX_DETACHED,
    maxDetachedBytes: MAX_DETACHED_BYTES,
  });
  const priorities = new RetryPriorities(flowNowMs);
  const utilization = createUtilizationMeter();
  const webhooks = new KnownWebhooks(nowMs);
  const metrics = workerMetrics(registry);
  const reportInternalError = createInternalErrorReporter({ logger, registry, nowMs: flowNowMs });
  const database = { pool, hotPathPool, webhooks, moment: currentMoment };
  const deliveryStore = createDeliveryStore({ ...database, logger, metrics, reportInternalError });
  const { sendTraceparent } = config;
  const observed = { logger, registry, tracing, sendTraceparent, logSuccesses: config.logAttempts === 'all' };
  const reports = await openReports(parts, { ...observed, pool, queue, store: slots, reportInternalError });

  const localStarts = new LocalStarts({
    startHere: (deliveryIds) => lanes.startHere(deliveryIds),
    permits,
    webhooks,
    utilization,
    onError: (error) => logger.debug('deliveries not started in this process', { error }),
  });
  const limitFast = (limit: number): void => {
    lanes.limitFast(limit);
    permits.limit('fast', limit);
  };
  const turns = await parts.open(new LaneTurns({ concurrency: concurrency.fast, limitFast, utilization }));
  const flow = { permits, turns, priorities, slots, localStarts };
  const { runner, limiter } = await openRunner(parts, {
    ...flow,
    deliveryStore,
    sender,
    queue,
    worker,
    reports,
    sealer,
    logger,
  });
  metrics.watch({ permits, limiter, concurrency });
  const lanes: Lanes = await parts.open(
    startLanes(
      {
        ...redis,
        enqueue: (jobs) => queue.enqueue(jobs),
        withholdDelayed: (...job) => queue.withheld.withholdDelayed(...job),
        concurrency,
        logger,
        reportInternalError,
      },
      (task) => runner.run(task),
    ),
  );
  const tasks = await parts.openAlongside(createTasks({ logger, registry }));
  const releaser = createReleaser({ pool, queue, priorities, shares, store: slots });
  doorbell.on(held, tasks.run('release', RELEASE_PAUSES, releaser));
  return localStarts.start;
}

async function openDatabase({ config, registry, parts }: ServiceContext<WorkerConfig>) {
  const url = config.databaseUrl;
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
  return { pool, hotPathPool };
}

async function openQueue({ config, logger, parts }: ServiceContext<WorkerConfig>, installationId: string) {
  const onError = (error: Error) => logger.debug('delivery queue error', { error });
  const queue = await parts.open(createDeliveryQueue({ ...redisSettings(config), onError }));
  await queue.claimPrefix(installationId);
  return queue;
}

const concurrencyOf = (config: WorkerConfig): Record<Lane, number> => ({
  fast: config.workerConcurrency,
  slow: config.workerSlowConcurrency,
  retry: config.workerRetryConcurrency,
  replay: config.workerReplayConcurrency,
});

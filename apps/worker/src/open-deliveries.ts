import { currentMoment, type Lane, RequestComposer, type Sealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import {
  type AccessTokens,
  flowNowMs,
  nextJobOf,
  type Quarantine,
  type RetryPriorities,
  type SlotStore,
  type StartOrReturn,
} from '@posthorn/flow';
import type { Sender } from '@posthorn/outbound';
import type { DeliveryQueue } from '@posthorn/queue';
import { type ServiceContext, shareOf } from '@posthorn/runtime';
import { redisSettings, type WorkerConfig } from '@posthorn/runtime/config';
import { createDeliveryStore } from './store/delivery-store.js';
import { createInternalErrorReporter } from './reports/internal-errors.js';
import { KnownWebhooks } from './store/known-webhooks.js';
import { LanePermits } from './lanes/lane-permits.js';
import { LaneTurns } from './lanes/lane-turns.js';
import { type Lanes, startLanes } from './lanes/lanes.js';
import { LocalStarts } from './lanes/local-starts.js';
import type { WorkerRoom } from './lanes/worker-room.js';
import { openReports } from './reports/open-reports.js';
import { openRunner } from './deliver/open-runner.js';
import { workerMetrics } from './reports/worker-metrics.js';

interface DeliveriesDeps {
  database: { pool: Pool; hotPathPool: Pool };
  payloadKeys: PayloadKeys;
  queue: DeliveryQueue;
  slots: SlotStore;
  priorities: RetryPriorities;
  permits: LanePermits;
  tokens: AccessTokens;
  quarantine: Quarantine;
  sealer: Sealer;
  sender: Sender;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
  room: WorkerRoom;
  /** The id of this worker among all workers. */
  worker: string;
}

/** Maximum number of detached deliveries of a single process; one tenant alone can use half of them. */
const MAX_DETACHED = 2000;

/** Maximum number of bytes of their payloads that it holds in memory. */
const MAX_DETACHED_BYTES = 128 * 1024 * 1024;

const nowMs = (): number => performance.now();

/** Returns the permits of the deliveries of this process. */
export const createPermits = ({
  config,
  group,
}: Pick<ServiceContext<WorkerConfig>, 'config' | 'group'>): LanePermits =>
  new LanePermits({
    concurrency: concurrencyOf(config),
    maxDetached: shareOf(MAX_DETACHED, group),
    maxDetachedBytes: shareOf(MAX_DETACHED_BYTES, group),
  });

/** Opens the lanes and what runs their deliveries. Returns the function that starts deliveries which this process has just stored. */
export async function openDeliveries(
  { config, logger, registry, tracing, parts }: ServiceContext<WorkerConfig>,
  deps: DeliveriesDeps,
): Promise<StartOrReturn> {
  const { queue, permits } = deps;
  const concurrency = concurrencyOf(config);
  const webhooks = new KnownWebhooks(nowMs);
  const metrics = workerMetrics(registry);
  const reportInternalError = createInternalErrorReporter({ logger, registry, nowMs: flowNowMs });
  // The first deliveries run before all lanes are open.
  let lanes: Lanes | undefined;
  const limitFast = (limit: number): void => {
    lanes?.fast.limit(limit);
    permits.limit('fast', limit);
  };
  const turns = new LaneTurns({ concurrency: concurrency.fast, limitFast, utilization: deps.utilization });
  const deliveryStore = createDeliveryStore({
    ...deps.database,
    payloadKeys: deps.payloadKeys,
    sealer: deps.sealer,
    webhooks,
    enqueue: (due) =>
      queue.enqueue(
        due.map((each) => ({
          ...nextJobOf(each, deps.priorities),
          prioritized: turns.maySkipAhead(each.lane),
        })),
      ),
    moment: currentMoment,
    logger,
    metrics,
    reportInternalError,
  });
  const reports = await openReports(parts, {
    logger,
    registry,
    tracing,
    logSuccesses: config.logAttempts === 'all',
    pool: deps.database.pool,
    queue,
    reportInternalError,
  });

  const { runner, limiter } = await openRunner(parts, {
    ...deps,
    turns,
    deliveryStore,
    composer: new RequestComposer(deps.sealer, config),
    reports,
    logger,
  });
  const localStarts = new LocalStarts({
    runner,
    lane: () => lanes?.fast,
    count: (started) => metrics.startedHere(started),
    permits,
    webhooks,
    room: deps.room,
    onError: (error) => logger.warn('a delivery failed unexpectedly, and runs again', { error }),
  });
  metrics.watch({ permits, limiter, concurrency });
  lanes = await parts.open(
    startLanes(
      {
        ...redisSettings(config),
        enqueue: (jobs) => queue.enqueue(jobs),
        withholdDelayed: (...job) => queue.withheld.withholdDelayed(...job),
        concurrency,
        logger,
        reportInternalError,
      },
      (task) => localStarts.run(task),
    ),
  );
  // Stopped before the lanes, which wait for its deliveries.
  await parts.open(localStarts);
  // Stopped before the lanes, whose concurrency it limits.
  await parts.open({ stop: () => turns.stop() });
  return localStarts.startOrReturn;
}

const concurrencyOf = (config: WorkerConfig): Record<Lane, number> => ({
  fast: config.workerConcurrency,
  slow: config.workerSlowConcurrency,
  retry: config.workerRetryConcurrency,
  replay: config.workerReplayConcurrency,
});

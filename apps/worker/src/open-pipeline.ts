import { currentMoment, encodeId, isInternalFailure, type Lane, type Sealer } from '@posthorn/core';
import { type Pool, recordHealth } from '@posthorn/database';
import {
  flowNowMs,
  type RetryPriorities,
  SLOW_AFTER_MS,
  type SlotStore,
  WebhookLimiter,
} from '@posthorn/flow';
import type { Sender } from '@posthorn/outbound';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger, Parts, Registry, Tracing } from '@posthorn/runtime';
import { createAttemptReporter } from './attempt-reporter.js';
import { createDeliver } from './deliver.js';
import { createDeliveryStore } from './delivery-store.js';
import { type DetachedDeliveries, detachDeliveries } from './detached-deliveries.js';
import { exclusiveDelivery } from './exclusive-delivery.js';
import { createHealthRecorder } from './health-recorder.js';
import { InFlightRequests } from './in-flight-requests.js';
import type { ReportInternalError } from './internal-errors.js';
import type { KnownWebhooks } from './known-webhooks.js';
import type { LanePermits } from './lane-permits.js';
import type { LocalStarts } from './local-starts.js';
import { createSaturationReporter } from './saturation-reporter.js';
import { createAttemptTracer } from './trace-attempts.js';
import { workerMetrics } from './worker-metrics.js';

export interface PipelineOptions {
  database: { pool: Pool; hotPathPool: Pool };
  sender: Sender;
  queue: DeliveryQueue;
  store: SlotStore;
  /** The id of this worker among all workers. */
  worker: string;
  concurrency: Record<Lane, number>;
  permits: LanePermits;
  webhooks: KnownWebhooks;
  localStarts: Pick<LocalStarts, 'take'>;
  priorities: RetryPriorities;
  sealer: Sealer;
  logger: Logger;
  registry: Registry;
  reportInternalError: ReportInternalError;
  tracing: Tracing | null;
  sendTraceparent: boolean;
  logSuccesses: boolean;
}

/** A delivery can be detached from its lane when its request takes longer, in milliseconds. */
const LATE_AFTER_MS = 250;

/** The same while the concurrency of a lane is limited: a few requests without a response would use all of it. */
const LATE_IN_LIMITED_LANE_MS = 50;

/** Attempts are announced to the producers this often, in milliseconds. */
const ANNOUNCE_INTERVAL_MS = 5000;

/** Opens the parts that run deliveries, in the order in which they depend on each other. */
export async function openPipeline(parts: Parts, options: PipelineOptions): Promise<DetachedDeliveries> {
  const { database, sender, queue, permits, concurrency, logger, registry } = options;
  const metrics = workerMetrics(registry);
  const { reportInternalError } = options;
  const deliveryStore = createDeliveryStore({
    ...database,
    logger,
    metrics,
    reportInternalError,
    webhooks: options.webhooks,
    moment: currentMoment,
  });
  const reportAttempt = createAttemptReporter({ logger, registry, logSuccesses: options.logSuccesses });

  const health = await parts.open(
    createHealthRecorder({
      async write(updates) {
        await recordHealth(database.pool, updates, new Date());
        queue.wake('producers');
      },
      onError: (error) => logger.warn('health of webhooks not recorded', { error }),
    }),
  );
  const limiter = await parts.open(
    new WebhookLimiter({
      store: options.store,
      worker: options.worker,
      setSlow({ id, epoch }, isSlow) {
        const webhookId = encodeId('webhook', id);
        logger.info(isSlow ? 'webhook moved to the slow lane' : 'webhook left the slow lane', { webhookId });
        void deliveryStore.setSlow({ id, epoch, slow: isSlow });
      },
      onHeld: () => queue.wake('workers'),
      isLaneFull: (lane) => permits.isFull(lane),
      onError: (error) => logger.warn('Redis unavailable, retrying', { error }),
      nowMs: flowNowMs,
    }),
  );
  const inFlight = await parts.open(
    new InFlightRequests(
      {
        lateMs: () => (permits.isLimited ? LATE_IN_LIMITED_LANE_MS : LATE_AFTER_MS),
        overdueMs: SLOW_AFTER_MS,
      },
      () => performance.now(),
    ),
  );

  let announcedAtMs = -Infinity;
  /** Wakes the task that aggregates statistics, which sleeps while there are no attempts. */
  function announceAttempt(): void {
    if (performance.now() - announcedAtMs < ANNOUNCE_INTERVAL_MS) return;
    announcedAtMs = performance.now();
    queue.wake('producers');
  }

  const saturation = createSaturationReporter({
    report: (tenantIds) => options.store.reportSaturated(tenantIds),
    onError: (error) => logger.warn('Redis unavailable, saturation not reported', { error }),
  });
  const deliver = createDeliver({
    ...deliveryStore,
    takeStored: (deliveryId) => options.localStarts.take(deliveryId),
    reportSaturated: saturation,
    retryPriority: (job) => options.priorities.next(job),
    limiter,
    send: (request) => sender.send(request),
    inFlight,
    // Its operational events are published soon.
    onFailed: () => queue.wake('producers'),
    onAttempt(report) {
      reportAttempt(report);
      announceAttempt();
      if (isInternalFailure(report.outcome)) return;
      const { id, failingSince } = report.loaded.webhook;
      health.record({
        webhookId: id,
        failingSince,
        ok: report.decision.kind === 'succeeded',
        at: new Date(),
      });
    },
    reportInternalError,
    traceAttempt: createAttemptTracer(options),
    sealer: options.sealer,
    now: () => new Date(),
    moment: currentMoment,
    random: Math.random,
  });
  const deliveries = await parts.open(
    detachDeliveries(
      {
        queue,
        permits,
        onError: (error) => logger.warn('detached delivery: queue error', { error }),
      },
      exclusiveDelivery(deliver),
    ),
  );
  metrics.watch({ permits, limiter, concurrency });
  return deliveries;
}

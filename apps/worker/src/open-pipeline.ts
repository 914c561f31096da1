import { currentMoment, encodeId, type Lane, LANES, type Sealer } from '@posthorn/core';
import { type Pool, recordHealth } from '@posthorn/database';
import { flowNowMs, SLOW_AFTER_MS, type SlotStore, WebhookLimiter } from '@posthorn/flow';
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
  sealer: Sealer;
  logger: Logger;
  registry: Registry;
  tracing: Tracing | null;
  sendTraceparent: boolean;
  logSuccesses: boolean;
}

/** A delivery can be detached from its lane when its request takes longer, in milliseconds. */
const LATE_AFTER_MS = 250;

/** Most detached deliveries of this process. */
const MAX_DETACHED = 1000;

/** Most bytes of payloads of detached deliveries that this process holds in memory. */
const MAX_DETACHED_BYTES = 64 * 1024 * 1024;

/** Opens the parts that run deliveries, in the order in which they depend on each other. */
export async function openPipeline(parts: Parts, options: PipelineOptions): Promise<DetachedDeliveries> {
  const { database, sender, queue, concurrency, logger, registry } = options;
  const metrics = workerMetrics(registry);
  const deliveryStore = createDeliveryStore({ ...database, logger, metrics, moment: currentMoment });
  const reportAttempt = createAttemptReporter({ logger, registry, logSuccesses: options.logSuccesses });

  const health = await parts.open(
    createHealthRecorder({
      write: (updates) => recordHealth(database.pool, updates, new Date()),
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
      isLaneFull: () => LANES.some((lane) => deliveries.isFull(lane)),
      onError: (error) => logger.warn('Redis unavailable, retrying', { error }),
      nowMs: flowNowMs,
    }),
  );
  const inFlight = await parts.open(
    new InFlightRequests({ lateMs: LATE_AFTER_MS, overdueMs: SLOW_AFTER_MS }, () => performance.now()),
  );

  const deliver = createDeliver({
    ...deliveryStore,
    limiter,
    send: (request) => sender.send(request),
    inFlight,
    onAttempt(report) {
      reportAttempt(report);
      const { id, failingSince } = report.loaded.webhook;
      health.record({
        webhookId: id,
        failingSince,
        ok: report.decision.kind === 'succeeded',
        at: new Date(),
      });
    },
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
        concurrency,
        max: MAX_DETACHED,
        maxBytes: MAX_DETACHED_BYTES,
        onError: (error) => logger.warn('detached delivery: queue error', { error }),
      },
      exclusiveDelivery(deliver),
    ),
  );
  metrics.watch({ deliveries, limiter, concurrency });
  return deliveries;
}

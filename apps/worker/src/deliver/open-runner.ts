import { currentMoment, encodeId, type RequestComposer } from '@posthorn/core';
import { retryTransient } from '@posthorn/database/connection';
import {
  type AccessTokens,
  flowNowMs,
  type Quarantine,
  type RetryPriorities,
  SLOW_AFTER_MS,
  type SlotStore,
  WebhookLimiter,
} from '@posthorn/flow';
import type { Sender } from '@posthorn/outbound';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger, Parts } from '@posthorn/runtime';
import { createDeliver } from './deliver.js';
import { DeliveryRunner } from '../lanes/delivery-runner.js';
import type { createDeliveryStore } from '../store/delivery-store.js';
import { InFlightRequests } from '../lanes/in-flight-requests.js';
import type { LanePermits } from '../lanes/lane-permits.js';
import type { LaneTurns } from '../lanes/lane-turns.js';
import type { RunReports } from '../reports/open-reports.js';

interface RunnerOptions {
  deliveryStore: ReturnType<typeof createDeliveryStore>;
  sender: Sender;
  queue: DeliveryQueue;
  slots: SlotStore;
  tokens: AccessTokens;
  quarantine: Quarantine;
  /** The id of this worker among all workers. */
  worker: string;
  permits: LanePermits;
  turns: LaneTurns;
  priorities: RetryPriorities;
  reports: RunReports;
  composer: RequestComposer;
  logger: Logger;
}

/** A delivery can be detached from its lane when its request takes longer, in milliseconds. */
const LATE_AFTER_MS = 250;

/** The same while the concurrency of a lane is limited: a few requests without a response would use all of it. */
const LATE_IN_LIMITED_LANE_MS = 50;

/** Opens the parts that run deliveries, in the order in which they depend on each other. */
export async function openRunner(
  parts: Parts,
  options: RunnerOptions,
): Promise<{ runner: DeliveryRunner; limiter: WebhookLimiter }> {
  const { deliveryStore, queue, permits, turns, tokens, logger } = options;
  const limiter = await parts.open(createLimiter(options));
  const inFlight = await parts.open(
    new InFlightRequests(
      {
        lateMs: () => (permits.isLimited ? LATE_IN_LIMITED_LANE_MS : LATE_AFTER_MS),
        overdueMs: SLOW_AFTER_MS,
      },
      () => performance.now(),
    ),
  );
  const deliver = createDeliver({
    store: deliveryStore,
    limiter,
    quarantine: options.quarantine,
    retryPriority: (job) => options.priorities.next(job),
    tokens: {
      take: (webhook, route) => retryTransient(() => tokens.take(webhook, route)),
      reject: (webhookId, token) => retryTransient(() => tokens.reject(webhookId, token)),
    },
    send: (request) => options.sender.send(request),
    inFlight,
    reports: options.reports,
    composer: options.composer,
    clock: { now: () => new Date(), moment: currentMoment, random: Math.random },
  });
  const onError = (error: unknown) => logger.warn('detached delivery: queue error', { error });
  const runner = await parts.open(new DeliveryRunner({ queue, permits, turns, deliver, onError }));
  return { runner, limiter };
}

const createLimiter = ({ deliveryStore, queue, slots, worker, permits, logger }: RunnerOptions) =>
  new WebhookLimiter({
    store: slots,
    worker,
    setSlow({ id, epoch }, isSlow) {
      const webhookId = encodeId('webhook', id);
      logger.info(isSlow ? 'webhook moved to the slow lane' : 'webhook left the slow lane', { webhookId });
      void deliveryStore.setSlow({ id, epoch, slow: isSlow });
    },
    onHeld: () => queue.wake('workers'),
    isLaneFull: (lane) => permits.isFull(lane),
    onError: (error) => logger.warn('Redis unavailable, retrying', { error }),
    nowMs: flowNowMs,
  });

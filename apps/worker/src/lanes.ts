import { type Deadline, type Lane, LANES, type Part, stopOnce } from '@posthorn/core';
import { FloodThrottle, ReplayGate } from '@posthorn/flow';
import {
  consumeDeliveries,
  type DeliveryConsumer,
  type DeliveryConsumerOptions,
  type DeliveryTask,
  type RedisSettings,
  type TaskResult,
} from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { ReportInternalError } from './internal-errors.js';
import type { LanePermits } from './lane-permits.js';

export interface LanesOptions
  extends RedisSettings, Pick<DeliveryConsumerOptions, 'enqueue' | 'withholdDelayed'> {
  concurrency: Record<Lane, number>;
  permits: Pick<LanePermits, 'limit'>;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
  logger: Logger;
  reportInternalError: ReportInternalError;
}

export interface Lanes extends Part {
  /** Runs new deliveries in the fast lane at once, as its consumer does. */
  startHere: DeliveryConsumer['startHere'];
}

/** Characters of the id of a malformed job that are logged. */
const MAX_LOGGED_ID = 100;

const nowMs = (): number => performance.now();

/** Consumes the deliveries of all lanes until stopped, each lane with its own concurrency. */
export async function startLanes(
  { concurrency, permits, utilization, logger, reportInternalError, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Lanes> {
  const replayGate = new ReplayGate({ nowMs, utilization });
  const consumers = new Map<Lane, DeliveryConsumer>();
  const throttle = new FloodThrottle({
    concurrency: concurrency.fast,
    setConcurrency(limit) {
      consumers.get('fast')?.limit(limit);
      permits.limit('fast', limit);
    },
    utilization,
    nowMs,
  });

  async function runWhenAllowed(task: DeliveryTask): Promise<TaskResult> {
    if (task.prioritized) throttle.onPrioritizedJob();
    if (task.lane !== 'replay') return replayGate.trackLive(() => run(task));
    await replayGate.waitForTurn(task.priority);
    return run(task);
  }

  const onMalformed = (jobId: string) =>
    reportInternalError({ step: 'parse_job', error: jobId.slice(0, MAX_LOGGED_ID) });

  async function start(lane: Lane): Promise<void> {
    const onError = (error: Error) => logger.warn('queue error', { lane, error });
    const settings = { ...options, lane, concurrency: concurrency[lane], onMalformed, onError };
    consumers.set(lane, await consumeDeliveries(settings, runWhenAllowed));
  }
  await Promise.all(LANES.map(start));
  return {
    startHere: async (deliveryIds) => (await consumers.get('fast')?.startHere(deliveryIds)) ?? new Set(),
    stop: stopOnce(async (deadline: Deadline) => {
      await throttle.stop();
      await Promise.all(Array.from(consumers.values(), (consumer) => consumer.stop(deadline)));
    }),
  };
}

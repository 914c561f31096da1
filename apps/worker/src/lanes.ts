import { type Deadline, type Lane, LANES, type Part, stopOnce } from '@posthorn/core';
import { createUtilizationMeter, FloodThrottle, ReplayGate } from '@posthorn/flow';
import {
  consumeDeliveries,
  type DeliveryConsumerOptions,
  type DeliveryTask,
  type JobConsumer,
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
  logger: Logger;
  reportInternalError: ReportInternalError;
}

/** Characters of the id of a malformed job that are logged. */
const MAX_LOGGED_ID = 100;

const nowMs = (): number => performance.now();

/** Consumes the deliveries of all lanes until stopped, each lane with its own concurrency. */
export async function startLanes(
  { concurrency, permits, logger, reportInternalError, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Part> {
  const utilization = createUtilizationMeter();
  const replayGate = new ReplayGate({ nowMs, utilization });
  const consumers = new Map<Lane, JobConsumer>();
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
    stop: stopOnce(async (deadline: Deadline) => {
      await throttle.stop();
      await Promise.all(Array.from(consumers.values(), (consumer) => consumer.stop(deadline)));
    }),
  };
}

import { type Deadline, type Lane, LANES, type Part, stopOnce } from '@posthorn/core';
import {
  consumeDeliveries,
  type DeliveryConsumer,
  type DeliveryConsumerOptions,
  type DeliveryTask,
  type RedisSettings,
  type TaskResult,
} from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { ReportInternalError } from '../reports/internal-errors.js';

interface LanesOptions extends RedisSettings, Pick<DeliveryConsumerOptions, 'enqueue' | 'withholdDelayed'> {
  concurrency: Record<Lane, number>;
  logger: Logger;
  reportInternalError: ReportInternalError;
}

export interface Lanes extends Part {
  fast: DeliveryConsumer;
}

/** Characters of the id of a malformed job that are logged. */
const MAX_LOGGED_ID = 100;

/** Consumes the deliveries of all lanes until stopped, each lane with its own concurrency. */
export async function startLanes(
  { concurrency, logger, reportInternalError, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Lanes> {
  const onMalformed = (jobId: string) =>
    reportInternalError({ step: 'parse_job', error: jobId.slice(0, MAX_LOGGED_ID) });

  function start(lane: Lane): Promise<DeliveryConsumer> {
    const onError = (error: Error) => logger.warn('queue error', { lane, error });
    const settings = { ...options, lane, concurrency: concurrency[lane], onMalformed, onError };
    return consumeDeliveries(settings, run);
  }
  const consumers = await Promise.all(LANES.map(start));
  const fast = consumers[LANES.indexOf('fast')];
  if (!fast) throw new Error('There is no fast lane');
  return {
    fast,
    stop: stopOnce(async (deadline: Deadline) => {
      await Promise.all(consumers.map((consumer) => consumer.stop(deadline)));
    }),
  };
}

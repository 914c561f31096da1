import { type Lane, LANES } from '@posthorn/core';
import {
  consumeDeliveries,
  type Consumer,
  type DeliveryConsumerOptions,
  type DeliveryTask,
  type TaskResult,
} from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { LiveTraffic } from './live-traffic.js';
import { createUtilization } from './utilization.js';

export interface LanesOptions extends Pick<DeliveryConsumerOptions, 'redisUrl' | 'prefix' | 'enqueue'> {
  /** Deliveries of each lane that are worked on at the same time. */
  places: Record<Lane, number>;
  logger: Logger;
}

/** Takes deliveries off all lanes, each with places of its own, until stopped. Replayed ones give way to the others. */
export async function startLanes(
  { places, logger, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Consumer> {
  const live = new LiveTraffic({ nowMs: () => performance.now(), utilization: createUtilization() });
  async function runInTurn(task: DeliveryTask): Promise<TaskResult> {
    if (task.lane !== 'replay') return live.during(() => run(task));
    await live.gap();
    return run(task);
  }

  const start = (lane: Lane) =>
    consumeDeliveries(
      {
        ...options,
        lane,
        concurrency: places[lane],
        onError: (error) => logger.warn('queue', { lane, error }),
      },
      runInTurn,
    );
  const consumers = await Promise.all(LANES.map(start));
  return {
    async stop(deadlineMs) {
      await Promise.all(consumers.map((consumer) => consumer.stop(deadlineMs)));
    },
  };
}

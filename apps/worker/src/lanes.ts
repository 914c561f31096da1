import { type Deadline, type Lane, LANES, type Part } from '@posthorn/core';
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

export interface LanesOptions extends RedisSettings, Pick<DeliveryConsumerOptions, 'enqueue'> {
  /** Deliveries of each lane that are worked on at the same time. */
  places: Record<Lane, number>;
  logger: Logger;
}

const nowMs = (): number => performance.now();

/** Takes deliveries off all lanes, each with places of its own, until stopped. Replayed ones give way to the others. */
export async function startLanes(
  { places, logger, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Part> {
  const utilization = createUtilizationMeter();
  const live = new ReplayGate({ nowMs, utilization });
  const consumers = new Map<Lane, JobConsumer>();
  const flooded = new FloodThrottle({
    places: places.fast,
    limit: (count) => consumers.get('fast')?.limit(count),
    utilization,
    nowMs,
  });

  async function runInTurn(task: DeliveryTask): Promise<TaskResult> {
    if (task.prioritized) flooded.notice();
    if (task.lane !== 'replay') return live.during(() => run(task));
    await live.gap();
    return run(task);
  }

  async function start(lane: Lane): Promise<void> {
    const onError = (error: Error) => logger.warn('queue', { lane, error });
    const settings = { ...options, lane, concurrency: places[lane], onError };
    consumers.set(lane, await consumeDeliveries(settings, runInTurn));
  }
  await Promise.all(LANES.map(start));
  return {
    async stop(deadline: Deadline) {
      await Promise.all(Array.from(consumers.values(), (consumer) => consumer.stop(deadline)));
    },
  };
}

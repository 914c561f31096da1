import { type Lane, LANES } from '@posthorn/core';
import {
  consumeDeliveries,
  type Consumer,
  type DeliveryConsumerOptions,
  type DeliveryTask,
  type JobConsumer,
  type RedisSettings,
  type TaskResult,
} from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { LiveTraffic } from './live-traffic.js';
import { createUtilization } from './utilization.js';

export interface LanesOptions extends RedisSettings, Pick<DeliveryConsumerOptions, 'enqueue'> {
  /** Deliveries of each lane that are worked on at the same time. */
  places: Record<Lane, number>;
  logger: Logger;
}

/**
 * While one tenant floods the fast lane and others are put ahead of it, so few are worked on at a time. It costs a part of the
 * throughput; but whoever is ahead would still share this process with as many as there are places.
 */
const PLACES_WHILE_FLOODED = 16;
const FLOODED_FOR_MS = 2000;

/** Takes deliveries off all lanes, each with places of its own, until stopped. Replayed ones give way to the others. */
export async function startLanes(
  { places, logger, ...options }: LanesOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Consumer> {
  const live = new LiveTraffic({ nowMs: () => performance.now(), utilization: createUtilization() });
  const consumers = new Map<Lane, JobConsumer>();
  let flooded: NodeJS.Timeout | undefined;
  function makeRoom(): void {
    clearTimeout(flooded);
    consumers.get('fast')?.limit(Math.min(places.fast, PLACES_WHILE_FLOODED));
    flooded = setTimeout(() => consumers.get('fast')?.limit(places.fast), FLOODED_FOR_MS).unref();
  }

  async function runInTurn(task: DeliveryTask): Promise<TaskResult> {
    if (task.ahead) makeRoom();
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
    async stop(deadlineMs) {
      await Promise.all(Array.from(consumers.values(), (consumer) => consumer.stop(deadlineMs)));
    },
  };
}

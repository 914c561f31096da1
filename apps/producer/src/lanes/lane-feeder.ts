import { groupBy, type Lane, LANES } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { flowNowMs, RetryPriorities, type TaskShares } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { LaneFeed } from './lane-feed.js';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const feedLanesTask: Task = {
  name: 'feed_lanes',
  pauses: { intervalMs: 100, maxIntervalMs: 2000 },
  create: createLaneFeeder,
};

interface LaneFeederDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueueFitting' | 'findMissingJobs' | 'withheld' | 'shardOf'>;
  shares: Pick<TaskShares, 'join'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'withholding'>;
}

/**
 * Returns a task that adds the jobs of withheld deliveries, oldest first, as their lanes have room. One producer does it for all; two that
 * do it for a moment do no harm, because a job exists once. Resolves to whether a lane withholds deliveries.
 */
export function createLaneFeeder({
  pool,
  queue,
  shares,
  logger,
  metrics,
}: LaneFeederDeps): () => Promise<boolean> {
  const priorities = new RetryPriorities(flowNowMs);
  const feeds = new Map<Lane, LaneFeed>();

  function feedOf(lane: Lane): LaneFeed {
    const feed = feeds.get(lane) ?? new LaneFeed({ pool, queue, priorities }, lane);
    feeds.set(lane, feed);
    return feed;
  }

  function report(withholding: ReadonlySet<Lane>): void {
    for (const lane of LANES) {
      metrics.withholding(lane, withholding.has(lane));
      if (!withholding.has(lane) && feeds.delete(lane))
        logger.info('lane has room again for all deliveries', { lane });
    }
  }

  return async () => {
    // A shard that does not reply does not delay the others.
    const withheld = await queue.withheld.list(() => {});
    const byLane = groupBy(withheld, ({ lane }) => lane);
    report(new Set(byLane.keys()));
    if (byLane.size === 0) return false;
    if (!(await shares.join('feed')).isFirst) {
      feeds.clear();
      return true;
    }
    for (const [lane, shards] of byLane) {
      if (!feeds.has(lane)) logger.warn('lane is full; further deliveries wait in PostgreSQL', { lane });
      await feedOf(lane).advance(shards, withheld);
    }
    return true;
  };
}

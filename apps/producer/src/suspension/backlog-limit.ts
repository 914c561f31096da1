import { encodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { dropPendingDeliveries } from '@posthorn/database/deliveries';
import { withLease } from '@posthorn/database/server';
import { listLongBacklogs, type LongBacklog, suspendWebhook } from '@posthorn/database/webhooks';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const limitBacklogsTask: Task = {
  name: 'limit_backlogs',
  pauses: 10_000,
  create: ({ bulkPool: pool, logger, metrics, config: { maxOrderedBacklog: maxBacklog } }) =>
    createBacklogLimit({ pool, logger, metrics, maxBacklog }),
};

interface BacklogLimitDeps {
  pool: Pool;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'dropped'>;
  /** Maximum number of pending deliveries of a webhook with an order. */
  maxBacklog: number;
}

/** Suspends webhooks with an order for which too many deliveries wait. Runs in one producer at a time. */
export function createBacklogLimit({
  pool,
  logger,
  metrics,
  maxBacklog,
}: BacklogLimitDeps): () => Promise<void> {
  return async () => {
    await withLease(pool, 'backlogLimit', async (lease) => {
      for (const webhook of await listLongBacklogs(pool, maxBacklog)) {
        lease.throwIfAborted();
        await suspend(webhook);
      }
    });
  };

  async function suspend(webhook: LongBacklog): Promise<void> {
    const { id: webhookId } = webhook;
    const epoch = await suspendWebhook(pool, { ...webhook, reason: 'ordered_backlog' });
    if (epoch === null) return;
    const reason = 'suspended';
    const dropped = await dropPendingDeliveries(pool, { webhookId, epoch });
    metrics.dropped(reason, dropped);
    const ids = { webhookId: encodeId('webhook', webhookId) };
    logger.warn('webhook suspended: too many deliveries wait in order', { ...ids, maxBacklog, dropped });
  }
}

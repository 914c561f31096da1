import { encodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { dropPendingDeliveries } from '@posthorn/database/deliveries';
import {
  correctFailingSince,
  type FailingWebhook,
  listFailingWebhooks,
  suspendFailingWebhook,
  warnFailingWebhook,
} from '@posthorn/database/health';
import { withLease } from '@posthorn/database/server';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const autoSuspendTask: Task = {
  name: 'auto_suspend',
  pauses: 60_000,
  create: ({ bulkPool: pool, logger, metrics }) =>
    createAutoSuspend({ pool, logger, metrics, now: () => new Date() }),
};

interface AutoSuspendDeps {
  pool: Pool;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'dropped'>;
  now: () => Date;
}

/** Maximum number of webhooks processed by one run. */
const BATCH_SIZE = 1000;

/**
 * Suspends webhooks without a success for the number of days that their owners configured, and warns on the way there.
 * Runs in one producer at a time.
 */
export function createAutoSuspend({ pool, logger, metrics, now }: AutoSuspendDeps): () => Promise<void> {
  return async () => {
    await withLease(pool, 'autoSuspend', async (lease) => {
      for (const webhook of await listFailingWebhooks(pool, { now: now(), limit: BATCH_SIZE })) {
        lease.throwIfAborted();
        await process(webhook);
      }
    });
  };

  async function process(webhook: FailingWebhook): Promise<void> {
    const changed = webhook.percent === 100 ? await suspend(webhook) : await warn(webhook);
    // A success was not recorded by its worker, or the webhook has changed since it was listed.
    if (!changed) await correctFailingSince(pool, webhook);
  }

  async function suspend(webhook: FailingWebhook): Promise<boolean> {
    const epoch = await suspendFailingWebhook(pool, webhook);
    if (epoch === null) return false;
    const reason = 'suspended';
    const dropped = await dropPendingDeliveries(pool, { webhookId: webhook.id, epoch });
    metrics.dropped(reason, dropped);
    logger.warn('webhook suspended: no successful delivery', { ...logFields(webhook), dropped });
    return true;
  }

  async function warn(webhook: FailingWebhook): Promise<boolean> {
    if (!(await warnFailingWebhook(pool, webhook))) return false;
    logger.warn('webhook will be suspended: no successful delivery', logFields(webhook));
    return true;
  }
}

function logFields({ id, percent, failingSince }: FailingWebhook) {
  return { webhookId: encodeId('webhook', id), percent, failingSince: failingSince.toISOString() };
}

import { encodeId } from '@posthorn/core';
import {
  correctFailingSince,
  dropPendingDeliveries,
  type FailingWebhook,
  listFailingWebhooks,
  type Pool,
  suspendFailingWebhook,
  warnFailingWebhook,
  withLock,
} from '@posthorn/database';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface AutoSuspendDeps {
  pool: Pool;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'dropped'>;
  now: () => Date;
}

/** Most webhooks that one round deals with. */
const AT_A_TIME = 1000;

/**
 * Suspends webhooks that had nothing but failures for as long as their owners allow, and warns at half of that time. By
 * one producer at a time.
 */
export function createAutoSuspend({ pool, logger, metrics, now }: AutoSuspendDeps): () => Promise<void> {
  return async () => {
    await withLock(pool, 'autoSuspend', async () => {
      for (const webhook of await listFailingWebhooks(pool, { now: now(), limit: AT_A_TIME }))
        await follow(webhook);
    });
  };

  async function follow(webhook: FailingWebhook): Promise<void> {
    const done = webhook.step === 'suspend' ? await suspend(webhook) : await warn(webhook);
    // A success that no worker noted, or somebody changed the webhook meanwhile.
    if (!done) await correctFailingSince(pool, webhook);
  }

  async function suspend(webhook: FailingWebhook): Promise<boolean> {
    const epoch = await suspendFailingWebhook(pool, webhook);
    if (epoch === null) return false;
    const reason = 'suspended';
    const dropped = await dropPendingDeliveries(pool, { webhookId: webhook.id, epoch, reason });
    metrics.dropped(reason, dropped);
    logger.warn('suspended: nothing but failures', { ...shown(webhook), dropped });
    return true;
  }

  async function warn(webhook: FailingWebhook): Promise<boolean> {
    if (!(await warnFailingWebhook(pool, webhook, now()))) return false;
    logger.warn('will be suspended: nothing but failures', shown(webhook));
    return true;
  }
}

function shown({ id, failingSince }: FailingWebhook) {
  return { webhookId: encodeId('webhook', id), failingSince: failingSince.toISOString() };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { DropReason } from '@posthorn/core';
import { dropPendingDeliveries, readFence } from '@posthorn/database';
import type { WebhookRecord } from '@posthorn/database/prisma';
import type { ApiDeps } from './deps.js';
import { raiseFence } from './raise-fence.js';

export interface Stop {
  webhookId: string;
  /** Makes the change that stops requests. */
  change: () => Promise<WebhookRecord>;
  dropReason: DropReason;
}

/**
 * Stops requests to a webhook and returns once none can start. A worker that read the webhook as active before the commit may
 * still send for a moment, so this waits for `barrierMs` after the commit.
 */
export async function stopSending(
  { webhookId, change, dropReason }: Stop,
  deps: ApiDeps,
): Promise<{ webhook: WebhookRecord; droppedDeliveries: number }> {
  const webhook = await change().catch(async (error: unknown) => {
    // The call may repeat an earlier one whose response was lost: that one must have its barrier and its fence, too.
    const fenced = raiseFence(readFence(deps.pool, webhookId), deps);
    await sleep(deps.barrierMs);
    await fenced;
    throw error;
  });
  const committedAtMs = performance.now();
  const { epoch, status } = webhook;
  const fenced = raiseFence({ webhookId, epoch, isDeleted: status === 'deleted' }, deps);
  const droppedDeliveries = await dropPendingDeliveries(deps.bulkPool, {
    webhookId,
    epoch,
    reason: dropReason,
  });
  deps.countDropped(dropReason, droppedDeliveries);
  await fenced;
  await sleep(Math.max(committedAtMs + deps.barrierMs - performance.now(), 0));
  return { webhook, droppedDeliveries };
}

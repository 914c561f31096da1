import { setTimeout as sleep } from 'node:timers/promises';
import { type DropReason, settlesWithin, type WebhookFence } from '@posthorn/core';
import { dropPendingDeliveries, readFence } from '@posthorn/database';
import type { ChangedWebhook, WebhookRecord, WebhookTarget } from '@posthorn/database/prisma';
import type { ApiDeps, DatabaseDeps, DeliveryDeps } from '../deps.js';
import { raiseFence } from './raise-fence.js';

export interface Stop {
  target: WebhookTarget;
  /** Makes the change that stops requests. */
  change: () => Promise<ChangedWebhook>;
  dropReason: DropReason;
}

/**
 * Stops requests to a webhook and returns once none can start. A worker that read the webhook as active before the commit may
 * still send for a moment, so this waits for `barrierMs` after the commit, unless no request was ever started.
 */
export async function stopSending(
  { target, change, dropReason }: Stop,
  deps: DatabaseDeps & DeliveryDeps & Pick<ApiDeps, 'logger'>,
): Promise<{ webhook: WebhookRecord; droppedDeliveries: number }> {
  const { mayHaveRequests, ...webhook } = await change().catch(async (error: unknown) => {
    // The call may repeat an earlier one whose response was lost: that one must have its barrier and its fence, too.
    const fence = readFence(deps.pool, target);
    if (await mayBeStopped(fence, deps.barrierMs)) {
      const fenced = raiseFence(fence, deps);
      await sleep(deps.barrierMs);
      await fenced;
    }
    throw error;
  });
  const committedAtMs = performance.now();
  const { id: webhookId, epoch, status, validatedAt } = webhook;
  const fenced = raiseFence({ webhookId, epoch, isDeleted: status === 'deleted', validatedAt }, deps);
  const droppedDeliveries = await dropPendingDeliveries(deps.bulkPool, {
    webhookId,
    epoch,
    reason: dropReason,
  });
  deps.countDropped(dropReason, droppedDeliveries);
  await fenced;
  if (mayHaveRequests) await sleep(Math.max(committedAtMs + deps.barrierMs - performance.now(), 0));
  return { webhook, droppedDeliveries };
}

/** Returns whether a webhook is suspended or deleted, or PostgreSQL does not reply within `maxMs`. */
async function mayBeStopped(fence: Promise<WebhookFence | null>, maxMs: number): Promise<boolean> {
  try {
    return !(await settlesWithin(fence, maxMs)) || (await fence) !== null;
  } catch {
    return true;
  }
}

import type { DropReason } from '@posthorn/core';
import { dropPendingDeliveries } from '@posthorn/database/deliveries';
import { readFence } from '@posthorn/database/webhooks';
import type { ChangedWebhook, WebhookRecord, WebhookTarget } from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';
import { type StopDeps, stopRequests } from './stop-requests.js';

export interface Stop {
  target: WebhookTarget;
  /** Makes the change that stops requests. */
  change: () => Promise<ChangedWebhook>;
  dropReason: DropReason;
}

/** Stops requests to a webhook and returns once none can start. */
export async function stopSending(
  { target, change, dropReason }: Stop,
  deps: StopDeps & Pick<WebhookDeps, 'pool' | 'bulkPool' | 'fences'>,
): Promise<{ webhook: WebhookRecord; droppedDeliveries: number }> {
  const { changed, droppedDeliveries } = await stopRequests(
    {
      change,
      fenceOf: ({ id: webhookId, epoch, status, validatedAt }) => ({
        webhookId,
        epoch,
        isDeleted: status === 'deleted',
        validatedAt,
      }),
      readFence: () => readFence(deps.pool, target),
      raise: (fence) => deps.fences.raise([fence]),
      drop: ({ webhookId, epoch }) => dropPendingDeliveries(deps.bulkPool, { webhookId, epoch }),
      dropReason,
    },
    deps,
    ({ mayHaveRequests }) => mayHaveRequests,
  );
  return { webhook: changed, droppedDeliveries };
}

import type { Actor, WebhookStatus } from '@posthorn/core';
import { audit } from './audit.js';
import type { PrismaDb } from './client.js';
import type { DeliveryRecord } from './deliveries.js';

export type RetryRefusal = 'pending' | 'payload_expired' | Exclude<WebhookStatus, 'active'>;

/**
 * Makes a settled delivery pending again, now, under the present epoch of its webhook, which must be active.
 * The webhook's row is held, so that a suspend that comes at the same time either forbids it or drops it. The event is read
 * in the same transaction, so that its partition either is gone by now or stays for this delivery.
 * @returns why not, or null when it was done
 */
export async function retryDelivery(
  prisma: PrismaDb,
  { id, tenantId, webhookId, eventId, status }: DeliveryRecord,
  actor: Actor,
): Promise<RetryRefusal | null> {
  return prisma.$transaction(async (transaction) => {
    const [webhook] = await transaction.$queryRaw<{ status: WebhookStatus; epoch: number }[]>`
      SELECT status::text AS status, epoch FROM webhook WHERE id = ${webhookId}::uuid FOR SHARE`;
    if (!webhook) return 'deleted';
    if (webhook.status !== 'active') return webhook.status;
    const event = await transaction.event.findUnique({
      where: { id: eventId },
      select: { id: true },
    });
    if (!event) return 'payload_expired';
    const { count } = await transaction.delivery.updateMany({
      where: { id, status: { not: 'pending' } },
      data: {
        status: 'pending',
        nextAttemptAt: new Date(),
        epoch: webhook.epoch,
        reason: null,
        settledAt: null,
        parked: false,
        held: false,
        replayId: null,
      },
    });
    if (count === 0) return 'pending';
    await audit(transaction, actor, {
      action: 'delivery.retried',
      tenantId,
      target: id,
      before: { status },
      after: { status: 'pending' },
    });
    return null;
  });
}

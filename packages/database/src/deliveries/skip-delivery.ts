import type { Actor, DeliveryStatus, DropReason, TenantStatus, WebhookStatus } from '@posthorn/core';
import { audit } from '../audit/audit.js';
import { Prisma } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';
import type { Chain } from './chain.js';
import type { DeliveryRecord } from './delivery-query.js';
import { settleWithoutAttempt } from './settle-without-attempt.js';

/** Why a delivery is not skipped: it is not pending, waits in no chain, or its webhook or tenant is not active. */
export type SkipRejection =
  | 'settled'
  | 'not_ordered'
  | 'tenant_suspended'
  | 'tenant_deleted'
  | Exclude<WebhookStatus, 'active'>;

interface SkippedDelivery {
  delivery: DeliveryRecord;
  /** The caller adds the job of its next head: see `findNextHeads`. */
  chain: Chain;
}

interface StoppableWebhook {
  status: WebhookStatus;
  epoch: number;
  tenantStatus: TenantStatus;
}

const REASON: DropReason = 'skipped';

const DROP_SKIPPED = Prisma.raw(
  settleWithoutAttempt('removed', { status: `'dropped'`, reason: `'${REASON}'` }),
);

/**
 * Drops a pending delivery that is in a chain, so that those which follow it are sent. Locks the webhook, so that a concurrent suspend
 * either prevents it or finds the delivery settled. A request in flight may still succeed: then the delivery is succeeded.
 */
export async function skipDelivery(
  prisma: PrismaDb,
  delivery: DeliveryRecord,
  actor: Actor,
): Promise<SkippedDelivery | SkipRejection> {
  const { id, tenantId, webhookId } = delivery;
  return prisma.$transaction(async (transaction) => {
    const [webhook] = await transaction.$queryRaw<StoppableWebhook[]>`
      SELECT w.status::text AS status, w.epoch, t.status::text AS "tenantStatus"
      FROM webhook w JOIN tenant t ON t.id = w.tenant_id WHERE w.id = ${webhookId}::uuid FOR SHARE OF w`;
    if (!webhook) return 'deleted';
    if (webhook.tenantStatus !== 'active') return `tenant_${webhook.tenantStatus}` as const;
    if (webhook.status !== 'active') return webhook.status;
    const [pending] = await transaction.$queryRaw<{ chain: string | null; orderingKey: string }[]>`
      SELECT chain, ordering_key AS "orderingKey" FROM pending_delivery
      WHERE id = ${id}::uuid AND epoch = ${webhook.epoch} FOR UPDATE`;
    if (!pending) return 'settled';
    const { chain, orderingKey } = pending;
    if (chain === null) return 'not_ordered';
    const [settled] = await transaction.$queryRaw<
      { status: DeliveryStatus; reason: string | null; settledAt: Date; attemptCount: number }[]
    >`
      WITH removed AS (DELETE FROM pending_delivery WHERE id = ${id}::uuid RETURNING *), ${DROP_SKIPPED}
      SELECT status::text AS status, reason, settled_at AS "settledAt", attempt_count AS "attemptCount" FROM settled`;
    await audit(transaction, actor, {
      action: 'delivery.skipped',
      tenantId,
      target: id,
      before: { status: 'pending' },
      after: { status: settled?.status },
    });
    return {
      delivery: { ...delivery, ...settled, nextAttemptAt: null, held: false },
      chain: { webhookId, chain, orderingKey },
    };
  });
}

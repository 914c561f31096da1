import {
  type Actor,
  MAX_ATTEMPTS,
  type TenantStatus,
  type WebhookLifecycle,
  type WebhookStatus,
} from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import { BRING_FORWARD, waitsForRetry } from './bring-forward.js';
import { keepsPayload } from '../events/payload-day.js';
import { isHead } from './chain.js';
import { makePending } from './make-pending.js';
import { showsErasedSql } from '../events/stored-body.js';
import { audit } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import type { DeliveryRecord } from './delivery-query.js';

const MAKE_PENDING = Prisma.raw(
  makePending('removed', {
    epoch: 'webhook_epoch',
    replayId: 'NULL::uuid',
    chain: 'NULL::uuid',
    trigger: `'retry'`,
  }),
);
/** The assignments of a retry to a pending delivery. */
const RETRY = `replay_id = NULL, brought_forward = false, format_id = NULL, trigger = 'retry'`;
const BRING_FORWARD_WAITING = Prisma.raw(
  `UPDATE pending_delivery d SET ${BRING_FORWARD}, ${RETRY} WHERE ${waitsForRetry('d')} AND ${isHead('d')}`,
);

export type RetryRejection =
  | 'due'
  /** Another delivery of its chain comes first. */
  | 'waits'
  | 'payload_expired'
  | 'erased'
  | 'too_many_attempts'
  /** The webhook, or it when the delivery was created, is read with its feed. */
  | 'pull'
  | 'tenant_suspended'
  | 'tenant_deleted'
  | Exclude<WebhookStatus, 'active'>;

/** The columns of a delivery `d` that a retry may change. */
const RETRIED = Prisma.sql`d.next_attempt_at AS "nextAttemptAt", d.attempt_count AS "attemptCount", d.held`;

type RetriedWebhook = Pick<WebhookLifecycle, 'status' | 'epoch' | 'delivery'> & {
  tenantStatus: TenantStatus;
};

interface Current {
  attemptCount: number;
  isPending: boolean;
}

type Retried = Pick<DeliveryRecord, 'nextAttemptAt' | 'attemptCount' | 'held'>;

/**
 * Makes a settled delivery, or one that a suspend has not dropped yet, pending again, due now, with the current epoch of its webhook, which must be active, as must be its tenant.
 * Brings forward a pending one that waits for a retry. Its next attempt is not part of its retry schedule and has the current format. One that was settled
 * or not dropped yet is in no chain any more. Rejects one that is `due`, and one that `waits` for another of its chain.
 * Locks the webhook, so that a concurrent suspend either prevents the retry or drops it. Reads the event and its payload in the same
 * transaction, so that their partitions are either already dropped or kept for this delivery.
 * @returns the pending delivery, for the caller to requeue, or the reason for a rejection
 */
export async function retryDelivery(
  prisma: PrismaDb,
  delivery: DeliveryRecord,
  actor: Actor,
): Promise<DeliveryRecord | RetryRejection> {
  const { id, tenantId, webhookId, eventId, status, nextAttemptAt } = delivery;
  return prisma.$transaction(async (transaction) => {
    const [webhook] = await transaction.$queryRaw<RetriedWebhook[]>`
      SELECT w.status::text AS status, w.epoch, w.delivery::text AS delivery, t.status::text AS "tenantStatus"
      FROM webhook w JOIN tenant t ON t.id = w.tenant_id WHERE w.id = ${webhookId}::uuid FOR SHARE OF w`;
    if (!webhook) return 'deleted';
    if (webhook.tenantStatus !== 'active') return `tenant_${webhook.tenantStatus}` as const;
    if (webhook.delivery === 'pull' || status === 'available') return 'pull';
    if (webhook.status !== 'active') return webhook.status;
    const [event] = await transaction.$queryRaw<{ hasPayload: boolean; isErased: boolean }[]>`
      SELECT ${Prisma.raw(keepsPayload('e'))} AS "hasPayload", ${Prisma.raw(showsErasedSql('e'))} AS "isErased"
      FROM event e WHERE e.id = ${eventId}::uuid`;
    if (!event) return 'payload_expired';
    if (event.isErased) return 'erased';
    const [current] = await transaction.$queryRaw<Current[]>`
      SELECT attempt_count AS "attemptCount", status = 'pending' AS "isPending" FROM delivery WHERE id = ${id}::uuid`;
    // Its history may be kept for fewer days than its event.
    if (!current) return 'payload_expired';
    // The payload of a pending delivery is kept, also while it is moved.
    if (!event.hasPayload && !current.isPending) return 'payload_expired';
    if (current.attemptCount >= MAX_ATTEMPTS) return 'too_many_attempts';
    const retried = await firstRow<Retried>(transaction, [
      Prisma.sql`
        WITH removed AS (
          DELETE FROM settled_delivery WHERE id = ${id}::uuid AND ${event.hasPayload} RETURNING *, ${webhook.epoch}::integer AS webhook_epoch
        ), ${MAKE_PENDING}
        SELECT ${RETRIED} FROM requeued d`,
      Prisma.sql`
        UPDATE pending_delivery d SET next_attempt_at = now(), epoch = ${webhook.epoch}, parked = false, held = false, chain = NULL,
          ${Prisma.raw(RETRY)}, unscheduled_attempts = least(attempt_count, 1)
        WHERE id = ${id}::uuid AND epoch < ${webhook.epoch}
        RETURNING ${RETRIED}`,
      Prisma.sql`${BRING_FORWARD_WAITING} AND d.id = ${id}::uuid RETURNING ${RETRIED}`,
    ]);
    if (!retried) return (await waitsInChain(transaction, id)) ? 'waits' : 'due';
    await audit(transaction, actor, {
      action: 'delivery.retried',
      tenantId,
      target: id,
      before: { status, ...(nextAttemptAt && { nextAttemptAt: nextAttemptAt.toISOString() }) },
      after: { status: 'pending' },
    });
    return { ...delivery, ...retried, status: 'pending', reason: null, settledAt: null };
  });
}

async function waitsInChain(transaction: PrismaTransaction, id: string): Promise<boolean> {
  const waiting = await transaction.$queryRaw<unknown[]>`
    SELECT true FROM pending_delivery d WHERE d.id = ${id}::uuid AND NOT ${Prisma.raw(isHead('d'))}`;
  return waiting.length > 0;
}

/** Runs statements until one returns a row. */
async function firstRow<Row>(
  transaction: PrismaTransaction,
  statements: readonly Prisma.Sql[],
): Promise<Row | null> {
  for (const statement of statements) {
    const [row] = await transaction.$queryRaw<Row[]>(statement);
    if (row) return row;
  }
  return null;
}

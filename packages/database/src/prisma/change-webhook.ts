import { lifecycleEvents, type SealedSecret, validationTarget, type WebhookLifecycle } from '@posthorn/core';
import { auditChange, type AuditContext } from './audit.js';
import type { PrismaDb, PrismaTransaction } from './client.js';
import { findWebhook, type WebhookTarget } from './find-webhooks.js';
import { toJson, toJsonOrNull } from './json.js';
import { emitOperationalEvents } from './emit-operational-events.js';
import type { WebhookRecord, WebhookSettings } from './webhook-record.js';

/** What is to be another than before. */
export interface WebhookChange {
  lifecycle?: WebhookLifecycle;
  settings?: Partial<WebhookSettings>;
  /** Without repetitions. */
  eventTypes?: readonly string[];
  secrets?: SealedSecret[];
}

/**
 * Changes a webhook while nobody else can: locks its row, asks `decide` what to change, writes it. What `decide`
 * throws undoes all. What is another then goes on record. `now` is the database's clock in whole milliseconds, read behind the lock, so that the times of
 * one webhook follow each other on whichever process it is changed.
 * @returns the webhook as it is after, null when there is none
 */
export async function changeWebhook(
  prisma: PrismaDb,
  target: WebhookTarget,
  decide: (webhook: WebhookRecord, now: Date) => WebhookChange,
  trail: AuditContext<WebhookRecord>,
): Promise<WebhookRecord | null> {
  return prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return null;
    const before = locked.webhook;
    const after = await applyChange(transaction, before, decide(before, locked.now));
    await auditChange(transaction, trail, { before, after });
    return after;
  });
}

/** Locks a webhook until the transaction ends, then reads it and the clock. Null for a deleted one. */
export async function lockWebhook(
  transaction: PrismaTransaction,
  target: WebhookTarget,
): Promise<{ webhook: WebhookRecord; now: Date } | null> {
  const [clock] = await transaction.$queryRaw<{ now: Date }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now
    FROM (SELECT id FROM webhook WHERE id = ${target.id}::uuid FOR UPDATE) AS locked`;
  const webhook = clock && (await findWebhook(transaction, target));
  return webhook ? { webhook, now: clock.now } : null;
}

/** Writes a change of a webhook that the transaction has locked. */
export async function applyChange(
  transaction: PrismaTransaction,
  webhook: WebhookRecord,
  change: WebhookChange,
): Promise<WebhookRecord> {
  const { lifecycle, eventTypes } = change;
  const isDeleted = lifecycle?.status === 'deleted';
  // Nothing is sent to it any more, and nobody can ask for them.
  const settings = isDeleted ? { ...change.settings, headersSealed: null } : change.settings;
  const secrets = isDeleted ? [] : change.secrets;
  if (eventTypes) await replaceSubscriptions(transaction, webhook, eventTypes);
  if (lifecycle && validationTarget(lifecycle) !== validationTarget(webhook)) {
    // A code proves the URL that it was sent to, and no other.
    await transaction.webhookValidation.deleteMany({ where: { webhookId: webhook.id } });
  }
  if (lifecycle)
    await emitOperationalEvents(transaction, webhook.tenantId, lifecycleEvents(webhook, lifecycle));
  const { metadata, filter, ...plainSettings } = settings ?? {};
  const fresh = whatIsForgotten(webhook, lifecycle);
  const row = await transaction.webhook.update({
    where: { id: webhook.id },
    data: {
      ...(lifecycle && lifecycleColumns(lifecycle)),
      ...fresh,
      ...plainSettings,
      ...(metadata && { metadata: toJson(metadata) }),
      ...(filter !== undefined && { filter: toJsonOrNull(filter) }),
      ...(secrets && { secrets: toJson(secrets) }),
    },
    select: { updatedAt: true },
  });
  return {
    ...webhook,
    ...lifecycle,
    ...fresh,
    ...settings,
    ...(eventTypes && { eventTypes: eventTypes.toSorted() }),
    ...(secrets && { secrets }),
    updatedAt: row.updatedAt,
  };
}

/** What the engine knew of how it does: a webhook that comes back or gets a new URL starts afresh. */
function whatIsForgotten(before: WebhookRecord, after: WebhookLifecycle | undefined) {
  if (!after || (after.epoch === before.epoch && after.url === before.url)) return {};
  return { slowSince: null, failingSince: null, failingWarnedAt: null };
}

/** A lifecycle may be handed over as part of a whole webhook: only its own fields are written. */
function lifecycleColumns(lifecycle: WebhookLifecycle): WebhookLifecycle {
  const { status, url, pendingUrl, epoch, activeSince, validatedAt, suspendedAt, suspendReason, deletedAt } =
    lifecycle;
  return { status, url, pendingUrl, epoch, activeSince, validatedAt, suspendedAt, suspendReason, deletedAt };
}

/** Subscriptions that stay keep their creation time. */
async function replaceSubscriptions(
  transaction: PrismaTransaction,
  { id, tenantId }: WebhookRecord,
  patterns: readonly string[],
): Promise<void> {
  await transaction.webhookSubscription.deleteMany({
    where: { webhookId: id, pattern: { notIn: [...patterns] } },
  });
  await transaction.webhookSubscription.createMany({
    data: patterns.map((pattern) => ({ tenantId, pattern, webhookId: id })),
    skipDuplicates: true,
  });
}

import {
  type DeliveryFormat,
  lifecycleEvents,
  type SealedSecret,
  validationTarget,
  type WebhookLifecycle,
} from '@posthorn/core';
import { assertSigned } from './assert-signed.js';
import { auditChange, type AuditContext } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { type CertificateChange, changedCertificates, replaceCertificates } from './certificates.js';
import { changesRequestsOfWebhook } from './changes-requests.js';
import { releaseFormat, storeFormat } from './delivery-formats.js';
import { reserveFilterCost } from './filter-costs.js';
import { findWebhook, type WebhookTarget } from './find-webhooks.js';
import { toJson, toJsonOrNull } from '../prisma-client/json.js';
import { emitOperationalEvents } from '../operational-events/emit-operational-events.js';
import { revokeFeedKeys } from './revoke-feed-keys.js';
import type { WebhookRecord, WebhookSettings } from './webhook-record.js';

/** The changes to apply. Absent fields stay as they are. */
export interface WebhookChange {
  lifecycle?: WebhookLifecycle;
  settings?: Partial<WebhookSettings>;
  /** Without duplicates. */
  eventTypes?: readonly string[];
  secrets?: SealedSecret[];
  /** Null for the default of the tenant. */
  deliveryFormat?: DeliveryFormat | null;
  certificates?: CertificateChange;
}

/** What a change means for requests. */
export interface RequestChange {
  /** It has replaced something that requests depend on: some may still start with what was read before. */
  changesRequests: boolean;
}

export interface ChangedWebhook extends WebhookRecord, RequestChange {
  /** False if no request for the webhook was ever started. */
  mayHaveRequests: boolean;
}

/**
 * Changes a webhook under a row lock: applies what `decide` returns and records it in the audit log. An error thrown by
 * `decide` rolls back. `now` is the clock of the database in whole milliseconds, read after locking, so the times of a
 * webhook are in order even if different processes change it.
 * @returns null if it does not exist
 */
export async function changeWebhook(
  prisma: PrismaDb,
  target: WebhookTarget,
  decide: (webhook: WebhookRecord, now: Date) => WebhookChange,
  auditContext: AuditContext<WebhookRecord>,
): Promise<ChangedWebhook | null> {
  return prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return null;
    const before = locked.webhook;
    const mayHaveRequests = await mayHaveRequestsOf(transaction, before);
    const after = await applyChange(transaction, before, decide(before, locked.now));
    await auditChange(transaction, auditContext, { before, after });
    const changesRequests = mayHaveRequests && changesRequestsOfWebhook(before, after, locked.now);
    return { ...after, mayHaveRequests, changesRequests };
  });
}

/**
 * Returns whether a webhook, which is locked, was validated, or a validation of it was requested. Each request is stored before it is sent,
 * except those for access tokens.
 */
async function mayHaveRequestsOf(
  transaction: PrismaTransaction,
  { id, status, epoch, authSealed }: Pick<WebhookRecord, 'id' | 'status' | 'epoch' | 'authSealed'>,
): Promise<boolean> {
  // A later epoch: it had another URL before, or none.
  if (status !== 'pending_validation' || epoch > 0 || authSealed !== null) return true;
  return (await transaction.webhookValidation.count({ where: { webhookId: id } })) > 0;
}

/** Locks a webhook until the transaction ends, and reads it and the clock. Returns null if it does not exist or is deleted. */
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

/** Applies a change to a webhook that the transaction has locked. */
export async function applyChange(
  transaction: PrismaTransaction,
  webhook: WebhookRecord,
  change: WebhookChange,
): Promise<WebhookRecord> {
  const { lifecycle } = change;
  const isDeleted = lifecycle?.status === 'deleted';
  // A deleted webhook needs neither headers, a proxy, secrets, certificates nor a format, and its external id may be used again. Its subscriptions would be looked up for every event.
  // Only an import sets `importRemovedAt` with the deletion.
  const eventTypes = isDeleted ? [] : change.eventTypes;
  const settings = isDeleted
    ? {
        importRemovedAt: null,
        ...change.settings,
        ...WITHOUT_SECRETS,
        externalId: null,
      }
    : change.settings;
  const secrets = isDeleted ? [] : change.secrets;
  const deliveryFormat = isDeleted ? null : change.deliveryFormat;
  if (!isDeleted && (deliveryFormat !== undefined || secrets))
    assertSigned({
      deliveryFormat: deliveryFormat === undefined ? webhook.deliveryFormat : deliveryFormat,
      secrets: secrets ?? webhook.secrets,
    });
  // Its token is of the authentication that is replaced.
  if (settings?.authSealed !== undefined)
    await transaction.webhookToken.deleteMany({ where: { webhookId: webhook.id } });
  if (settings?.filter) await reserveFilterCost(transaction, { ...webhook, ...settings });
  if (eventTypes) await replaceSubscriptions(transaction, webhook, eventTypes);
  if (isDeleted) await transaction.$executeRawUnsafe(revokeFeedKeys('$1::uuid'), webhook.id);
  if (lifecycle) await endValidation(transaction, webhook, validationTarget(lifecycle));
  if (lifecycle)
    await emitOperationalEvents(transaction, webhook.tenantId, lifecycleEvents(webhook, lifecycle));
  const formatChange = await replaceFormat(transaction, webhook, deliveryFormat);
  const certificates = isDeleted ? { client: null, ca: null } : (change.certificates ?? {});
  const owner = { tenantId: webhook.tenantId, webhookId: webhook.id };
  const certificateChange = await replaceCertificates(transaction, owner, certificates);
  const { metadata, filter, importDigests, ...plainSettings } = settings ?? {};
  const healthReset = resetHealth(webhook, lifecycle);
  const row = await transaction.webhook.update({
    where: { id: webhook.id },
    data: {
      ...(lifecycle && lifecycleColumns(lifecycle)),
      ...healthReset,
      ...plainSettings,
      ...formatChange,
      ...certificateChange,
      ...(metadata && { metadata: toJson(metadata) }),
      ...(filter !== undefined && { filter: toJsonOrNull(filter) }),
      ...(importDigests !== undefined && { importDigests: toJsonOrNull(importDigests) }),
      ...(secrets && { secrets: toJson(secrets) }),
    },
    select: { updatedAt: true },
  });
  return {
    ...webhook,
    ...lifecycle,
    ...healthReset,
    ...settings,
    ...(eventTypes && { eventTypes: eventTypes.toSorted() }),
    ...(secrets && { secrets }),
    ...(deliveryFormat !== undefined && { deliveryFormat }),
    ...changedCertificates(certificates),
    updatedAt: row.updatedAt,
  };
}

const WITHOUT_SECRETS = { headersSealed: null, authSealed: null, proxySealed: null } as const;

/** Ends a validation whose URL is not the one to validate any more. Its row remains while there is a URL: its request may be in flight. */
async function endValidation(
  transaction: PrismaTransaction,
  webhook: WebhookRecord,
  target: string | null,
): Promise<void> {
  if (target === validationTarget(webhook)) return;
  const where = { webhookId: webhook.id };
  if (target === null) await transaction.webhookValidation.deleteMany({ where });
  // A code validates only the URL that it was sent to, and none from now on.
  else
    await transaction.webhookValidation.updateMany({ where, data: { url: '', codeHash: new Uint8Array() } });
}

/** Stores a new format and returns the column that refers to it. Undefined keeps the current one. */
async function replaceFormat(
  transaction: PrismaTransaction,
  { id, tenantId }: WebhookRecord,
  format: DeliveryFormat | null | undefined,
): Promise<{ formatId?: string | null }> {
  if (format === undefined) return {};
  const current = await transaction.webhook.findUnique({ where: { id }, select: { formatId: true } });
  await releaseFormat(transaction, current?.formatId ?? null);
  return { formatId: format && (await storeFormat(transaction, tenantId, format)) };
}

/** Returns the columns that reset the health of a webhook when it is reactivated or gets a new URL. */
function resetHealth(before: WebhookRecord, after: WebhookLifecycle | undefined) {
  if (!after || (after.epoch === before.epoch && after.url === before.url)) return {};
  return {
    slowSince: null,
    failingSince: null,
    failingPercent: null,
    health: 'healthy',
    healthSince: null,
  } as const;
}

/** Picks the lifecycle fields, because `lifecycle` may be a complete webhook. */
function lifecycleColumns(lifecycle: WebhookLifecycle): WebhookLifecycle {
  const { status, delivery, url, pendingUrl, epoch, sentFromEpoch, activeSince, validatedAt, deletedAt } =
    lifecycle;
  const { suspendedAt, suspendReason, suspendedBy, suspendedByName } = lifecycle;
  const { attestedAt, attestedUrl, attestedByName, attestReason } = lifecycle;
  return {
    status,
    delivery,
    url,
    pendingUrl,
    epoch,
    sentFromEpoch,
    activeSince,
    validatedAt,
    deletedAt,
    suspendedAt,
    suspendReason,
    suspendedBy,
    suspendedByName,
    attestedAt,
    attestedUrl,
    attestedByName,
    attestReason,
  };
}

/** Keeps the creation time of unchanged subscriptions. */
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

import type { DeliveryFormat, SealedSecret, WebhookDelivery } from '@posthorn/core';
import { assertSigned } from './assert-signed.js';
import { audit, type AuditContext } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { type CertificateChange, changedCertificates, replaceCertificates } from './certificates.js';
import { storeFormat } from './delivery-formats.js';
import { reserveFilterCost } from './filter-costs.js';
import { toJson, toJsonOrNull } from '../prisma-client/json.js';
import { reserveQuota } from '../tenancy/quotas.js';
import { toWebhookRecord, type WebhookRecord, type WebhookSettings } from './webhook-record.js';

export interface NewWebhook extends WebhookSettings {
  id: string;
  tenantId: string;
  delivery: WebhookDelivery;
  /** Null if it is read with its feed. */
  url: string | null;
  /** Without duplicates. */
  eventTypes: readonly string[];
  secrets: SealedSecret[];
  /** Null for the default of the tenant. */
  deliveryFormat: DeliveryFormat | null;
  certificates?: CertificateChange;
  /** Null for a shadow, 0 otherwise. */
  sentFromEpoch: number | null;
  /** The quota of webhooks of a tenant without its own. */
  defaultQuota: number;
}

/**
 * Creates a webhook with the status `pending_validation`, or one that has no URL to validate and is active.
 * @throws PosthornError if the tenant has reached its webhook quota, or if the filter is too expensive for it
 */
export async function createWebhook(
  prisma: PrismaDb,
  webhook: NewWebhook,
  { actor, action, snapshot }: AuditContext<WebhookRecord>,
): Promise<WebhookRecord> {
  const { eventTypes, metadata, filter, importDigests, secrets, ...others } = webhook;
  const { defaultQuota, deliveryFormat, certificates = {}, ...row } = others;
  const { id, tenantId } = row;
  assertSigned(webhook);
  return prisma.$transaction(async (transaction) => {
    await reserveQuota(transaction, { resource: 'webhooks', tenantId, defaultQuota });
    await reserveFilterCost(transaction, webhook);
    const formatId = deliveryFormat && (await storeFormat(transaction, tenantId, deliveryFormat));
    const created = await transaction.webhook.create({
      data: {
        ...row,
        formatId,
        ...(await firstStatus(transaction, row)),
        metadata: toJson(metadata),
        filter: toJsonOrNull(filter),
        importDigests: toJsonOrNull(importDigests),
        secrets: toJson(secrets),
      },
    });
    // Not nested and not included: each would take another statement.
    const subscriptions = eventTypes.toSorted().map((pattern) => ({ tenantId, pattern, webhookId: id }));
    await transaction.webhookSubscription.createMany({ data: subscriptions });
    const stored = await replaceCertificates(transaction, { tenantId, webhookId: id }, certificates);
    if (Object.keys(stored).length > 0) await transaction.webhook.update({ where: { id }, data: stored });
    const record = toWebhookRecord({
      ...created,
      subscriptions,
      format: deliveryFormat && { spec: deliveryFormat },
      clientCertificate: null,
      caCertificates: null,
      ...changedCertificates(certificates),
    });
    await audit(transaction, actor, { action, tenantId, target: id, before: null, after: snapshot(record) });
    return record;
  });
}

async function firstStatus(transaction: PrismaTransaction, { delivery }: Pick<NewWebhook, 'delivery'>) {
  if (delivery === 'push') return { status: 'pending_validation' } as const;
  const [clock] = await transaction.$queryRaw<{ now: Date }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  return { status: 'active', activeSince: clock?.now ?? null } as const;
}

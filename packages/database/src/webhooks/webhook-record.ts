import type { DeliveryFormat, SealedSecret, WebhookHealth, WebhookLifecycle } from '@posthorn/core';
import type { Prisma } from '../generated/client.js';
import {
  type CertificateIds,
  type CertificatesRecord,
  toCertificatesRecord,
  withCertificates,
} from './certificates.js';
import { toDeliveryFormat } from './delivery-formats.js';

type Columns = Prisma.WebhookGetPayload<object>;

type LifecycleColumn = keyof WebhookLifecycle | 'droppedEpoch' | 'resumedEpoch' | 'ownEpoch';
type HealthColumn = 'slowSince' | 'failingSince' | 'failingPercent' | 'health' | 'healthSince';
type ReferenceColumn = 'id' | 'tenantId' | 'formatId' | keyof CertificateIds;
type OtherColumn = LifecycleColumn | HealthColumn | ReferenceColumn | 'secrets' | 'createdAt' | 'updatedAt';

/** The settings of a webhook, except its URL and event types: all columns that are not listed above. `prisma/schema.prisma` describes them. */
export interface WebhookSettings extends Omit<
  Columns,
  OtherColumn | 'metadata' | 'filter' | 'importDigests'
> {
  metadata: Record<string, unknown>;
  filter: Record<string, unknown> | null;
  importDigests: Record<string, string> | null;
}

/** Its certificates: null for those of the tenant. */
export interface WebhookRecord extends WebhookLifecycle, WebhookSettings, CertificatesRecord, CertificateIds {
  id: string;
  tenantId: string;
  /** Sorted. */
  eventTypes: string[];
  secrets: SealedSecret[];
  /** Null for the default of the tenant. */
  deliveryFormat: DeliveryFormat | null;
  /** When its deliveries moved to the slow lane. Null while they use the fast lane. */
  slowSince: Date | null;
  /** The first failure since the last success. */
  failingSince: Date | null;
  /** As last evaluated while the webhook was active. */
  health: WebhookHealth;
  /** When `health` last changed; for a failing webhook, the first failure since the last success. Null if it never changed. */
  healthSince: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export const withRelations = {
  subscriptions: { select: { pattern: true, createdAt: true }, orderBy: { pattern: 'asc' } },
  format: { select: { spec: true } },
  ...withCertificates,
} as const satisfies Prisma.WebhookInclude;

type WebhookRow = Columns & {
  subscriptions: readonly { pattern: string }[];
  format: { spec: unknown } | null;
} & Parameters<typeof toCertificatesRecord>[0];

export function toWebhookRecord(webhook: WebhookRow): WebhookRecord {
  const { subscriptions, metadata, filter, importDigests, secrets, format, ...columns } = webhook;
  const { formatId: _format, ...row } = columns;
  return {
    ...row,
    ...toCertificatesRecord(webhook),
    eventTypes: subscriptions.map(({ pattern }) => pattern),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
    metadata: metadata as Record<string, unknown>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
    filter: filter as Record<string, unknown> | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
    importDigests: importDigests as Record<string, string> | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
    secrets: secrets as unknown as SealedSecret[],
    deliveryFormat: toDeliveryFormat(format),
  };
}

import type {
  DeliveryFormat,
  ExhaustedAction,
  SealedSecret,
  WebhookHealth,
  WebhookLifecycle,
  WebhookOrdering,
} from '@posthorn/core';
import type { Prisma } from '../generated/client.js';
import {
  type CertificateIds,
  type CertificatesRecord,
  toCertificatesRecord,
  withCertificates,
} from './certificates.js';
import { toDeliveryFormat } from './delivery-formats.js';

/** The settings of a webhook, except its URL and event types. */
export interface WebhookSettings {
  /** The caller's own id. Unique within the tenant. */
  externalId: string | null;
  description: string | null;
  /** Sorted, without duplicates. */
  tags: string[];
  metadata: Record<string, unknown>;
  headersSealed: string | null;
  /** How its requests authenticate themselves. Null for none. */
  authSealed: string | null;
  /** The origin whose validation request may have the custom headers and the authentication, by an `admin` key. Null for none. */
  headersApprovedOrigin: string | null;
  /** The proxy of its requests. Null for that of the tenant. */
  proxySealed: string | null;
  /** Delay after each failed attempt, in seconds. Empty for no retries. */
  retrySchedule: number[];
  timeoutMs: number;
  /** A JSON Schema that the data of an event must match. Null to match all events. */
  filter: Record<string, unknown> | null;
  /** When the filter was set. Unique among the filters of a webhook, so it identifies a revision. */
  filterSetAt: Date | null;
  /** The cost of evaluating the filter. 0 without one. */
  filterCost: number;
  /** At most `rateLimit` requests per `rateLimitSeconds`. Both null for no limit. */
  rateLimit: number | null;
  rateLimitSeconds: number | null;
  maxInFlight: number;
  /** Days without a success before the webhook is suspended. 0 for never. */
  autoSuspendAfterDays: number;
  ordering: WebhookOrdering;
  /** What happens when the retries of a delivery in order are exhausted. */
  onExhausted: ExhaustedAction;
  /** How long a delivery in order blocks its successors at most, from its first attempt. */
  maxBlockedMinutes: number;
  /** Its deliveries are numbered, as those of every webhook with an order are. */
  sequenced: boolean;
  /** The system that the webhook was last imported from. Null for none. */
  importedFrom: string | null;
  /** Its external id then. It stays when the webhook is deleted. */
  importedId: string | null;
  /** Keyed digests of the values that were last imported, by field. */
  importDigests: Record<string, string> | null;
  /** When an import found that the source does not have it any more. Null if the source has it. */
  importRemovedAt: Date | null;
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

type WebhookRow = Prisma.WebhookGetPayload<object> & {
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

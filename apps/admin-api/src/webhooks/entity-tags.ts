import { createHash, createHmac } from 'node:crypto';
import { isJsonObject } from '@posthorn/contract';
import { type HashingSealer, openAuth, openCustomHeaders, type WebhookLifecycle } from '@posthorn/core';
import { quotasOf } from '@posthorn/database/tenancy/prisma';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import type { CertificatesRecord, WebhookRecord, WebhookSettings } from '@posthorn/database/webhooks/prisma';

type Setting = Exclude<
  keyof WebhookSettings,
  'proxySealed' | 'importedFrom' | 'importedId' | 'importDigests' | 'importRemovedAt'
>;

/**
 * What the entity tag of a webhook covers: its settings and its status, but not its health, secrets, proxy, times of change and what it was
 * imported from.
 */
const TAGGED = {
  externalId: true,
  description: true,
  tags: true,
  metadata: true,
  // A keyed hash of the headers and the authentication, so that a tag reveals nothing about them and stays when the encryption key is rotated.
  headersSealed: true,
  authSealed: true,
  headersApprovedOrigin: true,
  retrySchedule: true,
  timeoutMs: true,
  filter: true,
  filterSetAt: true,
  filterCost: true,
  rateLimit: true,
  rateLimitSeconds: true,
  maxInFlight: true,
  autoSuspendAfterDays: true,
  ordering: true,
  onExhausted: true,
  maxBlockedMinutes: true,
  sequenced: true,
  eventTypes: true,
  deliveryFormat: true,
  clientCertificate: true,
  caCertificates: true,
  status: true,
  delivery: true,
  url: true,
  pendingUrl: true,
  epoch: true,
  sentFromEpoch: true,
  activeSince: true,
  validatedAt: true,
  attestedAt: true,
  attestedUrl: true,
  attestedByName: true,
  attestReason: true,
  suspendedAt: true,
  suspendReason: true,
  suspendedBy: true,
  suspendedByName: true,
  deletedAt: true,
} satisfies Record<
  Setting | keyof WebhookLifecycle | 'eventTypes' | 'deliveryFormat' | keyof CertificatesRecord,
  true
>;

/** Returns the entity tag of a webhook. */
export const webhookTag = (webhook: WebhookRecord, sealer: HashingSealer): string =>
  tagOf({
    ...Object.fromEntries(Object.entries(webhook).filter(([name]) => Object.hasOwn(TAGGED, name))),
    headersSealed: webhook.headersSealed && digestOf(webhook, openCustomHeaders(webhook, sealer), sealer),
    authSealed: webhook.authSealed && digestOf(webhook, { auth: openAuth(webhook, sealer) }, sealer),
    // The database has another order.
    eventTypes: webhook.eventTypes.toSorted(),
  });

const digestOf = (webhook: WebhookRecord, opened: object, sealer: HashingSealer): string =>
  createHmac('sha256', sealer.hashKey)
    .update(`tag:${webhook.id}:${JSON.stringify(opened, sortKeys)}`)
    .digest('base64url');

/** Returns the entity tag of a tenant, which covers its settings and its status. */
export function tenantTag(tenant: Tenant): string {
  const { name, externalId, contactEmail, locale, timeZone, tags, metadata } = tenant;
  const { payloadDays, historyDays, deliveryFormat, clientCertificate, caCertificates, status, epoch } =
    tenant;
  const settings = { name, externalId, contactEmail, locale, timeZone, tags, metadata };
  const retention = { payloadDays, historyDays };
  const requests = { deliveryFormat, clientCertificate, caCertificates };
  return tagOf({ ...settings, ...retention, ...requests, quotas: quotasOf(tenant), status, epoch });
}

function tagOf(fields: object): string {
  const digest = createHash('sha256').update(JSON.stringify(fields, sortKeys)).digest('base64url');
  return `"${digest.slice(0, TAG_LENGTH)}"`;
}

/** 132 bits. */
const TAG_LENGTH = 22;

/** The keys of stored JSON have another order than the keys of the request. */
const sortKeys = (_name: string, value: unknown): unknown =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

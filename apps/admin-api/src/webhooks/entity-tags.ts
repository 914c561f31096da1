import { createHash } from 'node:crypto';
import type { WebhookLifecycle } from '@posthorn/core';
import { quotasOf, type Tenant, type WebhookRecord, type WebhookSettings } from '@posthorn/database/prisma';
import { isFields } from '../http/external-references.js';

type Setting = Exclude<keyof WebhookSettings, 'importedFrom' | 'importedId' | 'importDigests'>;

/**
 * What the entity tag of a webhook covers: its settings and its status, but not its health, secrets, times of change and what it was
 * imported from.
 */
const TAGGED = {
  externalId: true,
  description: true,
  metadata: true,
  // Encrypted, so that a tag reveals nothing about header values.
  headersSealed: true,
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
} satisfies Record<Setting | keyof WebhookLifecycle | 'eventTypes' | 'deliveryFormat', true>;

/** Returns the entity tag of a webhook. */
export const webhookTag = (webhook: WebhookRecord): string =>
  tagOf({
    ...Object.fromEntries(Object.entries(webhook).filter(([name]) => Object.hasOwn(TAGGED, name))),
    // The database has another order.
    eventTypes: webhook.eventTypes.toSorted(),
  });

/** Returns the entity tag of a tenant, which covers its settings. */
export function tenantTag(tenant: Tenant): string {
  const { name, externalId, contactEmail, locale, deliveryFormat } = tenant;
  return tagOf({ name, externalId, contactEmail, locale, deliveryFormat, quotas: quotasOf(tenant) });
}

function tagOf(fields: object): string {
  const digest = createHash('sha256').update(JSON.stringify(fields, sortKeys)).digest('base64url');
  return `"${digest.slice(0, TAG_LENGTH)}"`;
}

/** 132 bits. */
const TAG_LENGTH = 22;

/** The keys of stored JSON have another order than the keys of the request. */
const sortKeys = (_name: string, value: unknown): unknown =>
  isFields(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

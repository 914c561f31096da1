import { createHash, createHmac } from 'node:crypto';
import { isJsonObject, WEBHOOK_SETTING_NAMES } from '@posthorn/contract';
import { fieldsOf } from './webhook-settings.js';
import { type HashingSealer, openAuth, openCustomHeaders, type WebhookLifecycle } from '@posthorn/core';
import { quotasOf } from '@posthorn/database/tenancy/prisma';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';

const LIFECYCLE = {
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
} satisfies Record<keyof WebhookLifecycle, true>;

/**
 * What the entity tag of a webhook covers: its settings and its status, but not its health, secrets, proxy, times of change and what it was
 * imported from.
 */
const TAGGED: ReadonlySet<string> = new Set([
  ...fieldsOf(WEBHOOK_SETTING_NAMES),
  ...Object.keys(LIFECYCLE),
  'eventTypes',
]);

/** Returns the entity tag of a webhook. */
export const webhookTag = (webhook: WebhookRecord, sealer: HashingSealer): string =>
  tagOf({
    ...Object.fromEntries(Object.entries(webhook).filter(([name]) => TAGGED.has(name))),
    // A keyed hash of the headers and the authentication, so that a tag reveals nothing about them and stays when the encryption key is rotated.
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

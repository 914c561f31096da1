import { createHmac } from 'node:crypto';
import { WEBHOOK_SETTINGS } from '@posthorn/contract';
import { type HashingSealer, openAuth, openCustomHeaders, type WebhookLifecycle } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { sortKeys, tagOf } from '../http/entity-tag.js';
import { fieldsOf } from './webhook-settings.js';

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
  ...fieldsOf(WEBHOOK_SETTINGS.names),
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

import { settingColumns, WEBHOOK_SETTINGS, type WebhookResponse, webhookStatus } from '@posthorn/contract';
import {
  type DeliveryFormat,
  encodeId,
  isShadow,
  openAuth,
  openCustomHeaders,
  type Sealer,
} from '@posthorn/core';
import type { BlockedWebhook, RecentAttempts } from '@posthorn/database/health/prisma';
import type { WebhookMute } from '@posthorn/database/notifications/prisma';
import { numbersDeliveries } from '@posthorn/database/webhooks';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { serializeCertificates } from '../certificates/serialize-certificates.js';
import { timeOrNull } from '../http/page.js';
import { areHeadersApproved } from './headers-approval.js';
import { shownAuth } from './shown-auth.js';
import { rateLimitOf } from './webhook-settings.js';
import { serializeNotifications } from './webhook-notifications.js';

interface WebhookView {
  sealer: Sealer;
  /** Undefined if there was no attempt. */
  recent: RecentAttempts | undefined;
  /** Undefined if nothing blocks it. */
  blocked: BlockedWebhook | undefined;
  /** The format of webhooks without their own. */
  defaultFormat: DeliveryFormat;
  /** What the caller's audience has muted. Undefined for nothing. */
  mute: WebhookMute | undefined;
  /** Whether the caller may see the names of keys. */
  seesNames: boolean;
  /** Whether the caller may see that the webhook is a shadow, and where it was imported from. */
  seesShadow: boolean;
}

/** Serializes a webhook without its secrets, its private keys and the values of its headers. */
export function serializeWebhook(
  webhook: WebhookRecord,
  { sealer, recent, blocked, defaultFormat, mute, seesNames, seesShadow }: WebhookView,
): WebhookResponse {
  return {
    id: encodeId('webhook', webhook.id),
    tenantId: encodeId('tenant', webhook.tenantId),
    ...settingColumns(WEBHOOK_SETTINGS, webhook),
    delivery: webhook.delivery,
    url: webhook.url,
    pendingUrl: webhook.pendingUrl,
    eventTypes: webhook.eventTypes,
    headerNames: Object.keys(openCustomHeaders(webhook, sealer)),
    auth: shownAuth(openAuth(webhook, sealer)),
    headersApproved: areHeadersApproved(webhook),
    deliveryFormat: webhook.deliveryFormat,
    effectiveDeliveryFormat: webhook.deliveryFormat ?? defaultFormat,
    ...serializeCertificates(webhook),
    filter: webhook.filter,
    rateLimit: rateLimitOf(webhook),
    numbered: numbersDeliveries(webhook),
    // Never `deleted`: deleted webhooks are not found.
    status: webhookStatus.parse(webhook.status),
    shadow: seesShadow ? isShadow(webhook) : null,
    importedFrom: seesShadow ? webhook.importedFrom : null,
    importedId: seesShadow ? webhook.importedId : null,
    health: { ...serializeHealth(webhook, recent), blocked: blocked ? serializeBlocked(blocked) : null },
    notifications: serializeNotifications(webhook, mute, seesNames),
    oldestPendingAt: timeOrNull(recent?.oldestPendingAt ?? null),
    suspendReason: webhook.suspendReason,
    suspendedAt: timeOrNull(webhook.suspendedAt),
    suspendedBy: webhook.suspendedBy && {
      kind: webhook.suspendedBy,
      name: seesNames ? webhook.suspendedByName : null,
    },
    activeSince: timeOrNull(webhook.activeSince),
    validatedAt: timeOrNull(webhook.validatedAt),
    attestation: serializeAttestation(webhook, seesNames),
    slow: webhook.slowSince !== null,
    failingSince: timeOrNull(webhook.failingSince),
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

function serializeAttestation(
  { attestedAt, attestedUrl, attestedByName, attestReason }: WebhookRecord,
  seesNames: boolean,
): WebhookResponse['attestation'] {
  if (attestedAt === null || attestedUrl === null || attestReason === null) return null;
  return {
    url: attestedUrl,
    attestedAt: attestedAt.toISOString(),
    by: seesNames ? attestedByName : null,
    reason: attestReason,
  };
}

/** Only active webhooks of active tenants are evaluated. */
function serializeHealth(
  { status, health, healthSince }: WebhookRecord,
  recent: RecentAttempts = NO_ATTEMPTS,
): Omit<WebhookResponse['health'], 'blocked'> {
  const { lastStatus, lastError, failureRate, averageMs, lastAttemptAt, isOfActiveTenant } = recent;
  const last = {
    lastStatus,
    lastError,
    failureRate,
    averageMs: averageMs === null ? null : Math.round(averageMs),
    lastAttemptAt: timeOrNull(lastAttemptAt),
  };
  return status === 'active' && isOfActiveTenant
    ? { state: health, since: timeOrNull(healthSince), ...last }
    : { state: 'healthy', since: null, ...last };
}

function serializeBlocked({ deliveryId, since, keys }: BlockedWebhook): WebhookResponse['health']['blocked'] {
  return { deliveryId: encodeId('delivery', deliveryId), since: since.toISOString(), keys };
}

const NO_ATTEMPTS: RecentAttempts = {
  lastStatus: null,
  lastError: null,
  failureRate: null,
  averageMs: null,
  lastAttemptAt: null,
  isOfActiveTenant: true,
  oldestPendingAt: null,
};

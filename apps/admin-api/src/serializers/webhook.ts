import { type WebhookResponse, webhookStatus } from '@posthorn/contract';
import { encodeId, openCustomHeaders, type Sealer, validationTarget } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import { hasCustomHeaders } from '../signed-request.js';
import { timeOrNull } from './page.js';

/** Serializes a webhook without its secrets and without the values of its headers. */
export function serializeWebhook(webhook: WebhookRecord, sealer: Sealer): WebhookResponse {
  return {
    id: encodeId('webhook', webhook.id),
    tenantId: encodeId('tenant', webhook.tenantId),
    url: webhook.url,
    pendingUrl: webhook.pendingUrl,
    eventTypes: webhook.eventTypes,
    description: webhook.description,
    headerNames: Object.keys(openCustomHeaders(webhook, sealer)),
    headersApproved: areHeadersApproved(webhook),
    metadata: webhook.metadata,
    retrySchedule: webhook.retrySchedule,
    timeoutMs: webhook.timeoutMs,
    filter: webhook.filter,
    rateLimit: serializeRateLimit(webhook),
    maxInFlight: webhook.maxInFlight,
    autoSuspendAfterDays: webhook.autoSuspendAfterDays,
    // Never `deleted`: deleted webhooks are not found.
    status: webhookStatus.parse(webhook.status),
    suspendReason: webhook.suspendReason,
    suspendedAt: timeOrNull(webhook.suspendedAt),
    activeSince: timeOrNull(webhook.activeSince),
    validatedAt: timeOrNull(webhook.validatedAt),
    slow: webhook.slowSince !== null,
    failingSince: timeOrNull(webhook.failingSince),
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

/** Returns whether the webhook has custom headers and a request to the URL to validate, or else to its URL, has them. */
function areHeadersApproved(webhook: WebhookRecord): boolean {
  const url = validationTarget(webhook) ?? webhook.url;
  return webhook.headersSealed !== null && hasCustomHeaders({ webhook, url });
}

function serializeRateLimit({ rateLimit, rateLimitSeconds }: WebhookRecord): WebhookResponse['rateLimit'] {
  if (rateLimit === null || rateLimitSeconds === null) return null;
  return { limit: rateLimit, perSeconds: rateLimitSeconds };
}

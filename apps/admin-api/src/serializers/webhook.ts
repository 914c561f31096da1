import { type WebhookAnswer, webhookStatus } from '@posthorn/contract';
import { encodeId, openCustomHeaders, type Sealer } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import { timeOrNull } from './page.js';

/** A webhook as the API shows it: no secrets, and of its own headers only the names. */
export function serializeWebhook(webhook: WebhookRecord, sealer: Sealer): WebhookAnswer {
  return {
    id: encodeId('webhook', webhook.id),
    tenantId: encodeId('tenant', webhook.tenantId),
    url: webhook.url,
    pendingUrl: webhook.pendingUrl,
    eventTypes: webhook.eventTypes,
    description: webhook.description,
    headerNames: Object.keys(openCustomHeaders(webhook, sealer)),
    metadata: webhook.metadata,
    retrySchedule: webhook.retrySchedule,
    timeoutMs: webhook.timeoutMs,
    filter: webhook.filter,
    rateLimit: serializeRateLimit(webhook),
    maxInFlight: webhook.maxInFlight,
    autoSuspendAfterDays: webhook.autoSuspendAfterDays,
    // A deleted one is not found, and never comes here.
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

function serializeRateLimit({ rateLimit, rateLimitSeconds }: WebhookRecord): WebhookAnswer['rateLimit'] {
  if (rateLimit === null || rateLimitSeconds === null) return null;
  return { limit: rateLimit, perSeconds: rateLimitSeconds };
}

import { createHmac } from 'node:crypto';
import {
  type Actor,
  type AuditAction,
  ed25519Keys,
  encodeId,
  isShadow,
  onlySecrets,
  openCustomHeaders,
  type Sealer,
} from '@posthorn/core';
import type { AuditContext, AuditSnapshot, WebhookRecord } from '@posthorn/database/prisma';
import { serializeSigningKey } from './signing-key.js';

/** Describes a change of a webhook for the audit log. */
export function webhookAuditTrail(
  actor: Actor,
  action: AuditAction,
  sealer: Sealer,
): AuditContext<WebhookRecord> {
  return { actor, action, snapshot: (webhook) => serializeForAudit(webhook, sealer) };
}

function serializeForAudit(webhook: WebhookRecord, sealer: Sealer): AuditSnapshot {
  const { delivery, url, pendingUrl, eventTypes, description, metadata, filter, retrySchedule, timeoutMs } =
    webhook;
  const { rateLimit, rateLimitSeconds, maxInFlight, autoSuspendAfterDays, status, suspendReason } = webhook;
  return {
    externalId: webhook.externalId,
    delivery,
    url,
    pendingUrl,
    eventTypes,
    description,
    metadata,
    deliveryFormat: webhook.deliveryFormat,
    filter,
    retrySchedule,
    timeoutMs,
    rateLimit: rateLimit === null ? null : { limit: rateLimit, perSeconds: rateLimitSeconds },
    maxInFlight,
    autoSuspendAfterDays,
    ordering: webhook.ordering,
    onExhausted: webhook.onExhausted,
    maxBlockedMinutes: webhook.maxBlockedMinutes,
    sequence: webhook.sequenced,
    status,
    shadow: isShadow(webhook),
    suspendReason,
    attestedUrl: webhook.attestedUrl,
    attestReason: webhook.attestReason,
    headers: maskedHeaders(webhook, sealer),
    headersApprovedOrigin: webhook.headersApprovedOrigin,
    signingSecrets: onlySecrets(webhook.secrets).map(({ id, expiresAt }) => ({
      id: encodeId('signingSecret', id),
      endsAt: expiresAt,
    })),
    signingKeys: ed25519Keys(webhook.secrets).map(serializeSigningKey),
  };
}

/** Replaces each header value by a keyed hash, so that the audit log shows whether it changed. */
function maskedHeaders(webhook: WebhookRecord, sealer: Sealer): Record<string, string> {
  const hash = (name: string, value: string) =>
    createHmac('sha256', sealer.hashKey)
      .update(`audit:${webhook.id}:${name}:${value}`)
      .digest('hex')
      .slice(0, 8);
  return Object.fromEntries(
    Object.entries(openCustomHeaders(webhook, sealer)).map(([name, value]) => [
      name,
      `[redacted ${hash(name, value)}]`,
    ]),
  );
}

import { createHmac } from 'node:crypto';
import {
  type Actor,
  type AuditAction,
  ed25519Keys,
  encodeId,
  type HashingSealer,
  isShadow,
  onlySecrets,
  openAuth,
  openCustomHeaders,
  openProxy,
  webhookSealingContext,
  type ReceiverAuth,
} from '@posthorn/core';
import type { AuditContext, AuditSnapshot } from '@posthorn/database/audit/prisma';
import { certificatesSnapshot, type WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { settingColumns, WEBHOOK_SETTINGS, type WebhookSetting } from '@posthorn/contract';
import { areHeadersApproved } from './headers-approval.js';
import { rateLimitOf } from './webhook-settings.js';
import { shownAuth } from './shown-auth.js';
import { maskedProxy } from '../requests/proxy.js';
import { serializeSigningKey } from './signing-key.js';

/** Describes a change of a webhook for the audit log. */
export function webhookAuditTrail(
  actor: Actor,
  action: AuditAction,
  sealer: HashingSealer,
): AuditContext<WebhookRecord> {
  return { actor, action, snapshot: (webhook) => serializeForAudit(webhook, sealer) };
}

function serializeForAudit(webhook: WebhookRecord, sealer: HashingSealer): AuditSnapshot {
  const { delivery, url, pendingUrl, eventTypes, deliveryFormat, filter, status, suspendReason } = webhook;
  const settings = {
    ...settingColumns(WEBHOOK_SETTINGS, webhook),
    deliveryFormat,
    ...certificatesSnapshot(webhook),
    filter,
    rateLimit: rateLimitOf(webhook),
    headers: maskedHeaders(webhook, sealer),
    auth: maskedAuth(webhook, sealer),
  } satisfies Record<WebhookSetting, unknown>;
  return {
    delivery,
    url,
    pendingUrl,
    eventTypes,
    ...settings,
    status,
    shadow: isShadow(webhook),
    suspendReason,
    attestedUrl: webhook.attestedUrl,
    attestReason: webhook.attestReason,
    headersApproved: areHeadersApproved(webhook),
    headersApprovedOrigin: webhook.headersApprovedOrigin,
    proxy: maskedProxy(openProxy(webhook.proxySealed, webhookSealingContext(webhook.id), sealer), sealer),
    signingSecrets: onlySecrets(webhook.secrets).map(({ id, expiresAt }) => ({
      id: encodeId('signingSecret', id),
      endsAt: expiresAt,
    })),
    signingKeys: ed25519Keys(webhook.secrets).map(serializeSigningKey),
  };
}

/** Replaces each header value by a keyed hash, so that the audit log shows whether it changed. */
function maskedHeaders(webhook: WebhookRecord, sealer: HashingSealer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(openCustomHeaders(webhook, sealer)).map(([name, value]) => [
      name,
      masked(webhook, { name, value }, sealer),
    ]),
  );
}

/** Replaces the secret of the authentication, like header values. */
function maskedAuth(webhook: WebhookRecord, sealer: HashingSealer): object | null {
  const auth = openAuth(webhook, sealer);
  if (auth === null) return null;
  const secret = masked(webhook, { name: 'auth', value: secretOf(auth) }, sealer);
  return { ...shownAuth(auth), secret };
}

function secretOf(auth: ReceiverAuth): string {
  switch (auth.type) {
    case 'basic':
      return auth.password;
    case 'apiKey':
      return auth.value;
    case 'oauth2':
      return auth.clientSecret;
  }
}

function masked(
  { id }: WebhookRecord,
  { name, value }: { name: string; value: string },
  sealer: HashingSealer,
): string {
  const hash = createHmac('sha256', sealer.hashKey).update(`audit:${id}:${name}:${value}`).digest('hex');
  return `[redacted ${hash.slice(0, 8)}]`;
}

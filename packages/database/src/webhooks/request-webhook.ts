import type { RequestWebhook, ValidatedWebhook } from '@posthorn/core';
import type pg from 'pg';
import { requestVersion } from './request-version.js';

export type RequestWebhookRow = Omit<RequestWebhook, 'rateLimit'> & {
  rateLimit: number | null;
  rateLimitSeconds: number | null;
};

/** Of the webhook `w` and its tenant `t`. */
const COLUMNS: Record<keyof RequestWebhookRow, string> = {
  id: 'w.id',
  version: requestVersion('w', 't.xmin'),
  tenantId: 'w.tenant_id',
  tenantStatus: 't.status',
  tenantEpoch: 't.epoch',
  status: 'w.status',
  epoch: 'w.epoch',
  resumedEpoch: 'w.resumed_epoch',
  sentFromEpoch: 'w.sent_from_epoch',
  url: `coalesce(w.url, '')`,
  secrets: 'w.secrets',
  headersSealed: 'w.headers_sealed',
  authSealed: 'w.auth_sealed',
  clientCertificateId: 'coalesce(w.client_certificate_id, t.client_certificate_id)',
  caCertificatesId: 'coalesce(w.ca_certificates_id, t.ca_certificates_id)',
  proxySealed: 'w.proxy_sealed',
  tenantProxySealed: 't.proxy_sealed',
  privateNetworks: 't.private_networks',
  formatId: 'coalesce(w.format_id, t.format_id)',
  retrySchedule: 'w.retry_schedule',
  timeoutMs: 'w.timeout_ms',
  rateLimit: 'w.rate_limit',
  rateLimitSeconds: 'w.rate_limit_seconds',
  maxInFlight: 'w.max_in_flight',
  onExhausted: 'w.on_exhausted',
  maxBlockedMinutes: 'w.max_blocked_minutes',
  validatedAt: 'w.validated_at',
  isSlow: 'w.slow_since IS NOT NULL',
  failingSince: 'w.failing_since',
};

/** The columns of a `RequestWebhookRow`, of the webhook `w` and its tenant `t`. */
export const REQUEST_WEBHOOK_COLUMNS = Object.entries(COLUMNS)
  .map(([name, expression]) => `${expression} AS "${name}"`)
  .join(', ');

export const toRequestWebhook = (row: RequestWebhookRow): RequestWebhook => ({
  id: row.id,
  version: row.version,
  tenantId: row.tenantId,
  tenantStatus: row.tenantStatus,
  tenantEpoch: row.tenantEpoch,
  status: row.status,
  epoch: row.epoch,
  resumedEpoch: row.resumedEpoch,
  sentFromEpoch: row.sentFromEpoch,
  url: row.url,
  secrets: row.secrets,
  headersSealed: row.headersSealed,
  authSealed: row.authSealed,
  clientCertificateId: row.clientCertificateId,
  caCertificatesId: row.caCertificatesId,
  proxySealed: row.proxySealed,
  tenantProxySealed: row.tenantProxySealed,
  privateNetworks: row.privateNetworks,
  formatId: row.formatId,
  retrySchedule: row.retrySchedule,
  timeoutMs: row.timeoutMs,
  rateLimit: rateLimitOf(row),
  maxInFlight: row.maxInFlight,
  onExhausted: row.onExhausted,
  maxBlockedMinutes: row.maxBlockedMinutes,
  validatedAt: row.validatedAt,
  isSlow: row.isSlow,
  failingSince: row.failingSince,
});

function rateLimitOf({ rateLimit: limit, rateLimitSeconds: perSeconds }: RequestWebhookRow) {
  return limit === null || perSeconds === null ? null : { limit, perSeconds };
}

const READ = `
SELECT ${REQUEST_WEBHOOK_COLUMNS}, w.pending_url AS "pendingUrl", w.headers_approved_origin AS "headersApprovedOrigin"
FROM webhook w JOIN tenant t ON t.id = w.tenant_id
WHERE w.id = $1`;

/** Returns what requests to a webhook, also a deleted one, or for its access token depend on. Null if it does not exist. */
export async function readRequestWebhook(pool: pg.Pool, webhookId: string): Promise<ValidatedWebhook | null> {
  const { rows } = await pool.query<RequestWebhookRow & Omit<ValidatedWebhook, keyof RequestWebhook>>(READ, [
    webhookId,
  ]);
  const [row] = rows;
  if (!row) return null;
  const { pendingUrl, headersApprovedOrigin } = row;
  return { ...toRequestWebhook(row), pendingUrl, headersApprovedOrigin };
}

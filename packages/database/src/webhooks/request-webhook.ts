import type {
  ExhaustedAction,
  RequestWebhook,
  SealedSecret,
  TenantStatus,
  ValidatedWebhook,
  WebhookStatus,
} from '@posthorn/core';
import type pg from 'pg';
import { requestVersion } from './request-version.js';

/** `REQUEST_WEBHOOK_COLUMNS` as they are read. */
export interface RequestWebhookRow {
  webhook_id: string;
  webhook_version: string;
  webhook_status: WebhookStatus;
  webhook_epoch: number;
  resumed_epoch: number;
  tenant_status: TenantStatus;
  tenant_epoch: number;
  sent_from_epoch: number | null;
  url: string;
  secrets: SealedSecret[];
  headers_sealed: string | null;
  auth_sealed: string | null;
  proxy_sealed: string | null;
  tenant_proxy_sealed: string | null;
  private_networks: string[];
  webhook_format_id: string | null;
  client_certificate_id: string | null;
  ca_certificates_id: string | null;
  retry_schedule: number[] | null;
  timeout_ms: number;
  tenant_id: string;
  rate_limit: number | null;
  rate_limit_seconds: number | null;
  max_in_flight: number;
  on_exhausted: ExhaustedAction;
  max_blocked_minutes: number;
  validated_at: Date | null;
  slow: boolean;
  failing_since: Date | null;
}

/** The columns of a `RequestWebhook`, of the webhook `w` and its tenant `t`. */
export const REQUEST_WEBHOOK_COLUMNS = `w.id AS webhook_id, ${requestVersion('w', 't.xmin')} AS webhook_version, w.status AS webhook_status, w.epoch AS webhook_epoch, w.resumed_epoch, t.status AS tenant_status, t.epoch AS tenant_epoch, w.sent_from_epoch, coalesce(w.url, '') AS url, w.secrets, w.headers_sealed, w.auth_sealed, w.proxy_sealed, t.proxy_sealed AS tenant_proxy_sealed, t.private_networks,
  coalesce(w.format_id, t.format_id) AS webhook_format_id, coalesce(w.client_certificate_id, t.client_certificate_id) AS client_certificate_id,
  coalesce(w.ca_certificates_id, t.ca_certificates_id) AS ca_certificates_id, w.retry_schedule, w.timeout_ms, w.tenant_id, w.rate_limit, w.rate_limit_seconds, w.max_in_flight, w.on_exhausted, w.max_blocked_minutes, w.validated_at,
  w.slow_since IS NOT NULL AS slow, w.failing_since`;

export const toRequestWebhook = (row: RequestWebhookRow): RequestWebhook => ({
  id: row.webhook_id,
  version: row.webhook_version,
  tenantId: row.tenant_id,
  tenantStatus: row.tenant_status,
  tenantEpoch: row.tenant_epoch,
  status: row.webhook_status,
  epoch: row.webhook_epoch,
  resumedEpoch: row.resumed_epoch,
  sentFromEpoch: row.sent_from_epoch,
  url: row.url,
  secrets: row.secrets,
  headersSealed: row.headers_sealed,
  authSealed: row.auth_sealed,
  clientCertificateId: row.client_certificate_id,
  caCertificatesId: row.ca_certificates_id,
  proxySealed: row.proxy_sealed,
  tenantProxySealed: row.tenant_proxy_sealed,
  privateNetworks: row.private_networks,
  formatId: row.webhook_format_id,
  retrySchedule: row.retry_schedule,
  timeoutMs: row.timeout_ms,
  rateLimit: rateLimitOf(row),
  maxInFlight: row.max_in_flight,
  onExhausted: row.on_exhausted,
  maxBlockedMinutes: row.max_blocked_minutes,
  validatedAt: row.validated_at,
  isSlow: row.slow,
  failingSince: row.failing_since,
});

function rateLimitOf({ rate_limit: limit, rate_limit_seconds: perSeconds }: RequestWebhookRow) {
  return limit === null || perSeconds === null ? null : { limit, perSeconds };
}

const READ = `
SELECT ${REQUEST_WEBHOOK_COLUMNS}, w.pending_url, w.headers_approved_origin
FROM webhook w JOIN tenant t ON t.id = w.tenant_id
WHERE w.id = $1`;

interface ReadRow extends RequestWebhookRow {
  pending_url: string | null;
  headers_approved_origin: string | null;
}

/** Returns what requests to a webhook, also a deleted one, or for its access token depend on. Null if it does not exist. */
export async function readRequestWebhook(pool: pg.Pool, webhookId: string): Promise<ValidatedWebhook | null> {
  const { rows } = await pool.query<ReadRow>(READ, [webhookId]);
  const [row] = rows;
  if (!row) return null;
  return {
    ...toRequestWebhook(row),
    pendingUrl: row.pending_url,
    headersApprovedOrigin: row.headers_approved_origin,
  };
}

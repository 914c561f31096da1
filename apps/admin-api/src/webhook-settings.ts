import { DEFAULT_RETRY_SCHEDULE, PosthornError, type Sealer } from '@posthorn/core';
import { sealHeaders, type WebhookSettings } from '@posthorn/database/definitions';
import { checkUrl, type OutboundRules } from '@posthorn/outbound';

/** Settings as they come with a request: absent ones are left alone, null ones go back to their default. */
interface GivenSettings {
  description?: string | null | undefined;
  headers?: Record<string, string> | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  retrySchedule?: number[] | null | undefined;
  timeoutMs?: number | undefined;
}

/** The same as they are stored. */
export function storedSettings(
  webhookId: string,
  given: GivenSettings,
  sealer: Sealer,
): Partial<WebhookSettings> {
  const { description, headers, metadata, retrySchedule, timeoutMs } = given;
  return {
    ...(description !== undefined && { description }),
    ...(headers !== undefined && { headersSealed: sealHeaders(webhookId, headers ?? {}, sealer) }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...(retrySchedule !== undefined && { retrySchedule: retrySchedule ?? DEFAULT_RETRY_SCHEDULE }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** The URL in its normal form. @throws PosthornError when webhooks may not point there */
export function allowedUrl(url: string, rules: OutboundRules): string {
  const check = checkUrl(url, rules);
  if (check.ok) return check.url;
  const code = check.code === 'blocked_address' ? 'url_not_allowed' : 'invalid_input';
  throw new PosthornError(code, { errors: [{ path: 'url', message: check.message }] });
}

import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
  type JsonObject,
} from '@posthorn/contract';
import { DEFAULT_RETRY_SCHEDULE, PosthornError, type Sealer, sealCustomHeaders } from '@posthorn/core';
import { type WebhookSettings } from '@posthorn/database/prisma';
import { checkFilter } from '@posthorn/rules';
import { checkUrl, type OutboundRules } from '@posthorn/outbound';

/** Settings as they come with a request: absent ones are left alone, null ones go back to their default. */
interface GivenSettings {
  description?: string | null | undefined;
  headers?: Record<string, string> | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  retrySchedule?: number[] | null | undefined;
  timeoutMs?: number | null | undefined;
  rateLimit?: { limit: number; perSeconds: number } | null | undefined;
  maxInFlight?: number | null | undefined;
  autoSuspendAfterDays?: number | null | undefined;
}

/** The settings of a webhook that was given none. */
export const DEFAULT_SETTINGS: WebhookSettings = {
  description: null,
  headersSealed: null,
  metadata: {},
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  filter: null,
  filterSetAt: null,
  rateLimit: null,
  rateLimitSeconds: null,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  autoSuspendAfterDays: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
};

/** The given ones as they are stored; the filter, which is told of with its time, has a function of its own. */
export function storedSettings(
  webhookId: string,
  given: GivenSettings,
  sealer: Sealer,
): Partial<WebhookSettings> {
  const { description, headers, metadata, retrySchedule, timeoutMs } = given;
  const { rateLimit, maxInFlight, autoSuspendAfterDays } = given;
  return {
    ...(description !== undefined && { description }),
    ...(headers !== undefined && { headersSealed: sealCustomHeaders(webhookId, headers ?? {}, sealer) }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...(retrySchedule !== undefined && { retrySchedule: retrySchedule ?? DEFAULT_RETRY_SCHEDULE }),
    ...(timeoutMs !== undefined && { timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS }),
    ...(rateLimit !== undefined && {
      rateLimit: rateLimit?.limit ?? null,
      rateLimitSeconds: rateLimit?.perSeconds ?? null,
    }),
    ...(maxInFlight !== undefined && { maxInFlight: maxInFlight ?? DEFAULT_MAX_IN_FLIGHT }),
    ...(autoSuspendAfterDays !== undefined && {
      autoSuspendAfterDays: autoSuspendAfterDays ?? DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
    }),
  };
}

/** @throws PosthornError when it cannot be a filter */
export function assertFilter(filter: JsonObject | null | undefined): void {
  const errors = filter ? checkFilter(filter) : [];
  if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
}

/** What changes of a webhook whose filter is given. An absent one stays, null takes it away. */
export function changedFilter(
  current: Pick<WebhookSettings, 'filter' | 'filterSetAt'>,
  filter: JsonObject | null | undefined,
  now: Date,
): Partial<WebhookSettings> {
  if (filter === undefined || isDeepStrictEqual(filter, current.filter)) return {};
  if (filter === null) return { filter, filterSetAt: null };
  // Two changes may come in the same millisecond; by its time one filter is told from the other.
  const earliestMs = (current.filterSetAt?.getTime() ?? 0) + 1;
  return { filter, filterSetAt: new Date(Math.max(now.getTime(), earliestMs)) };
}

/** The URL in its normal form. @throws PosthornError when webhooks may not point there */
export function allowedUrl(url: string, rules: OutboundRules): string {
  const check = checkUrl(url, rules);
  if (check.ok) return check.url;
  const code = check.code === 'blocked_address' ? 'url_not_allowed' : 'invalid_input';
  throw new PosthornError(code, { errors: [{ path: 'url', message: check.message }] });
}

import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_BLOCKED_MINUTES,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
  type JsonObject,
} from '@posthorn/contract';
import {
  errorAt,
  DEFAULT_RETRY_SCHEDULE,
  type ExhaustedAction,
  PosthornError,
  type ReceiverAuth,
  sealAuth,
  type Sealer,
  sealCustomHeaders,
  type WebhookOrdering,
} from '@posthorn/core';
import type { WebhookSettings } from '@posthorn/database/webhooks/prisma';
import { costOfFilter } from '@posthorn/rules';
import { checkUrl, type OutboundRules } from '@posthorn/outbound';

/** The settings in a request. Absent settings do not change; null resets a setting to its default. */
interface RequestedSettings {
  externalId?: string | null | undefined;
  description?: string | null | undefined;
  headers?: Record<string, string> | null | undefined;
  auth?: ReceiverAuth | null | undefined;
  tags?: string[] | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  retrySchedule?: number[] | null | undefined;
  timeoutMs?: number | null | undefined;
  rateLimit?: { limit: number; perSeconds: number } | null | undefined;
  maxInFlight?: number | null | undefined;
  autoSuspendAfterDays?: number | null | undefined;
  ordering?: WebhookOrdering | null | undefined;
  onExhausted?: ExhaustedAction | null | undefined;
  maxBlockedMinutes?: number | null | undefined;
  sequence?: boolean | null | undefined;
}

/** The settings that do not apply to a webhook that is read with its feed, as it has them. */
export const WITHOUT_REQUESTS = {
  headersSealed: null,
  authSealed: null,
  headersApprovedOrigin: null,
  proxySealed: null,
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  rateLimit: null,
  rateLimitSeconds: null,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  autoSuspendAfterDays: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  ordering: 'none',
  onExhausted: 'skip',
  maxBlockedMinutes: DEFAULT_MAX_BLOCKED_MINUTES,
} as const satisfies Partial<WebhookSettings>;

/** Default settings of a webhook. */
export const DEFAULT_SETTINGS: WebhookSettings = {
  ...WITHOUT_REQUESTS,
  externalId: null,
  description: null,
  tags: [],
  metadata: {},
  filter: null,
  filterSetAt: null,
  filterCost: 0,
  sequenced: false,
  importedFrom: null,
  importedId: null,
  importDigests: null,
  importRemovedAt: null,
};

/** Converts settings to their stored form, except for the filter: see `changedFilter`. */
export function storedSettings(
  webhookId: string,
  requested: RequestedSettings,
  sealer: Sealer,
): Partial<WebhookSettings> {
  const { externalId, description, headers, auth, tags, metadata, retrySchedule, timeoutMs } = requested;
  const { rateLimit, maxInFlight, autoSuspendAfterDays } = requested;
  const { ordering, onExhausted, maxBlockedMinutes, sequence } = requested;
  return {
    ...(externalId !== undefined && { externalId }),
    ...(description !== undefined && { description }),
    ...(headers !== undefined && { headersSealed: sealCustomHeaders(webhookId, headers ?? {}, sealer) }),
    ...(auth !== undefined && { authSealed: sealAuth(webhookId, auth, sealer) }),
    ...(tags !== undefined && { tags: tags ?? [] }),
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
    ...(ordering !== undefined && { ordering: ordering ?? 'none' }),
    ...(onExhausted !== undefined && { onExhausted: onExhausted ?? 'skip' }),
    ...(maxBlockedMinutes !== undefined && {
      maxBlockedMinutes: maxBlockedMinutes ?? DEFAULT_MAX_BLOCKED_MINUTES,
    }),
    ...(sequence !== undefined && { sequenced: sequence ?? false }),
  };
}

/** Returns the changes that set a filter. Undefined keeps the current filter, null removes it. */
export function changedFilter(
  current: Pick<WebhookSettings, 'filter' | 'filterSetAt'>,
  filter: JsonObject | null | undefined,
  now: Date,
): Partial<WebhookSettings> {
  if (filter === undefined || isDeepStrictEqual(filter, current.filter)) return {};
  if (filter === null) return { filter, filterSetAt: null, filterCost: 0 };
  // The time identifies the filter, so two changes in the same millisecond must differ.
  const earliestMs = (current.filterSetAt?.getTime() ?? 0) + 1;
  const filterSetAt = new Date(Math.max(now.getTime(), earliestMs));
  return { filter, filterSetAt, filterCost: costOfFilter(filter) };
}

/** Returns the normalized URL. @throws PosthornError if webhooks may not send to it */
export function allowedUrl(url: string, rules: OutboundRules, path = 'url'): string {
  const check = checkUrl(url, rules);
  if (check.ok) return check.url;
  const code = check.code === 'blocked_address' ? 'url_not_allowed' : 'invalid_input';
  throw new PosthornError(code, { errors: [errorAt(path, check.problem)] });
}

/** @throws PosthornError if the token endpoint of an authentication is not allowed */
export function assertTokenUrl(auth: ReceiverAuth | null | undefined, rules: OutboundRules): void {
  if (auth?.type === 'oauth2') allowedUrl(auth.tokenUrl, rules, 'auth.tokenUrl');
}

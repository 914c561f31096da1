import { isDeepStrictEqual } from 'node:util';
import {
  type JsonObject,
  PUSH_SETTINGS,
  requestedColumns,
  type RequestedSettings,
  type SettingColumns,
  settingColumns,
  WEBHOOK_SETTINGS,
  type WebhookSetting,
} from '@posthorn/contract';
import {
  errorAt,
  type HashingSealer,
  openAuth,
  openCustomHeaders,
  PosthornError,
  type ReceiverAuth,
  sealAuth,
  type Sealer,
  sealCustomHeaders,
} from '@posthorn/core';
import type { WebhookRecord, WebhookSettings } from '@posthorn/database/webhooks/prisma';
import { costOfFilter } from '@posthorn/rules';
import { checkUrl, type OutboundRules } from '@posthorn/outbound';

/** What of a webhook has each setting that is not in the column of its name. */
const CONVERTED = {
  headers: ['headersSealed', 'headersApprovedOrigin'],
  auth: ['authSealed'],
  deliveryFormat: ['deliveryFormat'],
  filter: ['filter', 'filterSetAt', 'filterCost'],
  rateLimit: ['rateLimit', 'rateLimitSeconds'],
  clientCertificate: ['clientCertificate'],
  caCertificates: ['caCertificates'],
} as const satisfies Record<Exclude<WebhookSetting, keyof SettingColumns>, readonly (keyof WebhookRecord)[]>;

const isConverted = (name: WebhookSetting): name is keyof typeof CONVERTED => Object.hasOwn(CONVERTED, name);

/** Returns what of a webhook has the settings. */
export const fieldsOf = (names: readonly WebhookSetting[]): (keyof WebhookRecord)[] =>
  names.flatMap((name): readonly (keyof WebhookRecord)[] => (isConverted(name) ? CONVERTED[name] : [name]));

/** Returns all settings of a webhook but its certificates, with secrets, as requests have them. */
export const settingValues = (webhook: WebhookRecord, sealer: HashingSealer) => ({
  ...settingColumns(WEBHOOK_SETTINGS, webhook),
  headers: openCustomHeaders(webhook, sealer),
  auth: openAuth(webhook, sealer),
  deliveryFormat: webhook.deliveryFormat,
  filter: webhook.filter,
  rateLimit: rateLimitOf(webhook),
});

/** The settings that a PUT and an import set. */
export type ReplacedValues = Omit<ReturnType<typeof settingValues>, 'externalId'>;

export function rateLimitOf({
  rateLimit,
  rateLimitSeconds,
}: Pick<WebhookRecord, 'rateLimit' | 'rateLimitSeconds'>): { limit: number; perSeconds: number } | null {
  return rateLimit === null || rateLimitSeconds === null
    ? null
    : { limit: rateLimit, perSeconds: rateLimitSeconds };
}

/** Default settings of a webhook. */
export const DEFAULT_SETTINGS: WebhookSettings = {
  ...settingColumns(WEBHOOK_SETTINGS, WEBHOOK_SETTINGS.defaults),
  headersSealed: null,
  headersApprovedOrigin: null,
  authSealed: null,
  proxySealed: null,
  filter: null,
  filterSetAt: null,
  filterCost: 0,
  rateLimit: null,
  rateLimitSeconds: null,
  importedFrom: null,
  importedId: null,
  importDigests: null,
  importRemovedAt: null,
};

/** The settings that do not apply to a webhook that is read with its feed, as it has them. */
export const WITHOUT_REQUESTS: Partial<WebhookSettings> = Object.fromEntries(
  [...fieldsOf(PUSH_SETTINGS), 'proxySealed']
    .filter(isSettingField)
    .map((name) => [name, DEFAULT_SETTINGS[name]]),
);

/** Converts settings to their stored form, except for the filter (see `changedFilter`), the format and the certificates. */
export function storedSettings(
  webhookId: string,
  requested: RequestedSettings,
  sealer: Sealer,
): Partial<WebhookSettings> {
  const { headers, auth, rateLimit } = requested;
  return {
    ...requestedColumns(WEBHOOK_SETTINGS, requested),
    ...(headers !== undefined && { headersSealed: sealCustomHeaders(webhookId, headers ?? {}, sealer) }),
    ...(auth !== undefined && { authSealed: sealAuth(webhookId, auth, sealer) }),
    ...(rateLimit !== undefined && {
      rateLimit: rateLimit?.limit ?? null,
      rateLimitSeconds: rateLimit?.perSeconds ?? null,
    }),
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

function isSettingField(name: string): name is keyof WebhookSettings {
  return Object.hasOwn(DEFAULT_SETTINGS, name);
}

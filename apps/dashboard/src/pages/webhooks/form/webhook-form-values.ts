import { changedFields } from '../../../api/changed-fields.js';
import { WEBHOOK_DEFAULTS } from '../../../generated/webhook-defaults.js';
import type { components } from '../../../generated/api.js';
import type { Webhook } from '../../../api/types.js';
import { readJsonObject, writeJson } from '../../event-types/json-field.js';
import { formatDelay, parseDelay } from './retry-delay.js';

export type WebhookBody = Omit<components['schemas']['UpdateWebhook'], 'headersApproved' | 'shadow'> &
  Pick<components['schemas']['CreateWebhook'], 'eventTypes'>;

/** All fields, whatever the type, so that a change of the type keeps what was entered. */
export interface AuthValues {
  type: 'none' | 'basic' | 'apiKey' | 'oauth2';
  username: string;
  password: string;
  header: string;
  value: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Separated by spaces. */
  scopes: string;
  audience: string;
  clientAuthentication: 'client_secret_basic' | 'client_secret_post';
}

export const NO_AUTH: AuthValues = {
  type: 'none',
  username: '',
  password: '',
  header: '',
  value: '',
  tokenUrl: '',
  clientId: '',
  clientSecret: '',
  scopes: '',
  audience: '',
  clientAuthentication: 'client_secret_basic',
};

export interface HeaderRow {
  name: string;
  value: string;
}

/** Field names match the API, so that its errors map to fields. */
export interface WebhookFormValues {
  delivery: Webhook['delivery'];
  /** Ignored for `pull`, as are the other settings that concern requests. */
  url: string;
  /** Empty for none. */
  externalId: string;
  description: string;
  eventTypes: string[];
  /** Null keeps the current headers. The API never returns their values, so all of them are replaced together. */
  headers: HeaderRow[] | null;
  /** Null keeps the current authentication. The API never returns its secret, so all of it is replaced together. */
  auth: AuthValues | null;
  tags: string[];
  /** JSON; empty for none. */
  metadata: string;
  /** JSON; empty for none. */
  filter: string;
  /** JSON; empty for the format of the tenant. */
  deliveryFormat: string;
  /** Delays such as `5m`. */
  retrySchedule: string[];
  timeoutMs: NumberField;
  rateLimit: { limit: NumberField; perSeconds: NumberField };
  maxInFlight: NumberField;
  autoSuspendAfterDays: NumberField;
  ordering: Webhook['ordering'];
  onExhausted: Webhook['onExhausted'];
  maxBlockedMinutes: NumberField;
  sequence: boolean;
}

/** Empty for the default, or for none. A string is incomplete input, such as `-`. */
export type NumberField = number | string;

export function newWebhookValues(): WebhookFormValues {
  const { retrySchedule, ...limits } = WEBHOOK_DEFAULTS;
  return {
    ...limits,
    delivery: 'push',
    url: '',
    externalId: '',
    description: '',
    eventTypes: [],
    headers: [],
    auth: NO_AUTH,
    tags: [],
    metadata: '',
    filter: '',
    deliveryFormat: '',
    retrySchedule: retrySchedule.map(formatDelay),
    rateLimit: { limit: '', perSeconds: 1 },
    ordering: 'none',
    onExhausted: 'skip',
    sequence: false,
  };
}

export function toFormValues(webhook: Webhook): WebhookFormValues {
  const { metadata, filter, rateLimit } = webhook;
  return {
    delivery: webhook.delivery,
    url: webhook.pendingUrl ?? webhook.url ?? '',
    externalId: webhook.externalId ?? '',
    description: webhook.description ?? '',
    eventTypes: webhook.eventTypes,
    headers: webhook.headerNames.length === 0 ? [] : null,
    auth: webhook.auth === null ? NO_AUTH : null,
    tags: webhook.tags,
    metadata: Object.keys(metadata).length === 0 ? '' : writeJson(metadata),
    filter: writeJson(filter),
    deliveryFormat: writeJson(webhook.deliveryFormat),
    retrySchedule: webhook.retrySchedule.map(formatDelay),
    timeoutMs: webhook.timeoutMs,
    rateLimit: rateLimit ?? { limit: '', perSeconds: 1 },
    maxInFlight: webhook.maxInFlight,
    autoSuspendAfterDays: webhook.autoSuspendAfterDays,
    ordering: webhook.ordering,
    onExhausted: webhook.onExhausted,
    maxBlockedMinutes: webhook.maxBlockedMinutes,
    sequence: webhook.sequence,
  };
}

/** Returns the request body for values that passed `validateWebhookForm`. */
export function toRequestBody(values: WebhookFormValues): WebhookBody {
  const { delivery, externalId, description, eventTypes } = values;
  return {
    delivery,
    externalId: externalId.trim() || null,
    description: description.trim() || null,
    eventTypes,
    tags: values.tags,
    metadata: readJsonObject(values.metadata) ?? null,
    filter: readJsonObject(values.filter) ?? null,
    deliveryFormat: readJsonObject(values.deliveryFormat) ?? null,
    ...(delivery === 'push' && requestSettings(values)),
  };
}

/** Returns the settings that a webhook has only if it gets requests. */
function requestSettings(values: WebhookFormValues) {
  const { url, headers, auth, rateLimit } = values;
  return {
    url: url.trim(),
    ...(headers !== null && {
      headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])),
    }),
    ...(auth !== null && { auth: authOf(auth) }),
    retrySchedule: values.retrySchedule.map((text) => parseDelay(text) ?? 0),
    timeoutMs: numberOf(values.timeoutMs),
    rateLimit:
      rateLimit.limit === ''
        ? null
        : { limit: Number(rateLimit.limit), perSeconds: Number(rateLimit.perSeconds) },
    maxInFlight: numberOf(values.maxInFlight),
    autoSuspendAfterDays: numberOf(values.autoSuspendAfterDays),
    ordering: values.ordering,
    onExhausted: values.onExhausted,
    maxBlockedMinutes: numberOf(values.maxBlockedMinutes),
    sequence: values.sequence,
  };
}

function authOf(values: AuthValues): WebhookBody['auth'] {
  switch (values.type) {
    case 'none':
      return null;
    case 'basic':
      return { type: 'basic', username: values.username, password: values.password };
    case 'apiKey':
      return { type: 'apiKey', header: values.header.trim(), value: values.value };
    case 'oauth2':
      return {
        type: 'oauth2',
        tokenUrl: values.tokenUrl.trim(),
        clientId: values.clientId.trim(),
        clientSecret: values.clientSecret,
        scopes: values.scopes.split(/\s+/).filter((scope) => scope !== ''),
        audience: values.audience.trim() || null,
        clientAuthentication: values.clientAuthentication,
      };
  }
}

/** Returns the request body for the values that were changed. */
export function toChanges(values: WebhookFormValues, before: WebhookFormValues): Partial<WebhookBody> {
  return changedFields(toRequestBody(values), toRequestBody(before));
}

function numberOf(field: NumberField): number | null {
  return field === '' ? null : Number(field);
}

import { changedFields } from '../../../api/changed-fields.js';
import { WEBHOOK_SETTINGS } from '../../../generated/settings.js';
import type { components } from '../../../generated/api.js';
import type { Webhook } from '../../../api/types.js';
import { readJsonObject, writeJson } from '../../../components/json-field.js';
import { type ColumnSetting, SETTING_ROWS, settingsOf } from '../column-settings.js';
import { settingFields, type SettingFields, settingValues } from '../../../settings/setting-fields.js';

type WebhookBody = Omit<components['schemas']['UpdateWebhook'], 'headersApproved' | 'shadow'> &
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
export interface WebhookFormValues extends SettingFields<typeof WEBHOOK_SETTINGS, Webhook> {
  delivery: Webhook['delivery'];
  /** Ignored for `pull`, as are the other settings that concern requests. */
  url: string;
  eventTypes: string[];
  /** Null keeps the current headers. The API never returns their values, so all of them are replaced together. */
  headers: HeaderRow[] | null;
  /** Null keeps the current authentication. The API never returns its secret, so all of it is replaced together. */
  auth: AuthValues | null;
  /** JSON; empty for none. */
  filter: string;
  /** JSON; empty for the format of the tenant. */
  deliveryFormat: string;
  rateLimit: { limit: NumberField; perSeconds: NumberField };
}

/** Empty for the default, or for none. A string is incomplete input, such as `-`. */
type NumberField = number | string;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of each row
const DEFAULTS = Object.fromEntries(
  Object.entries(WEBHOOK_SETTINGS).map(([name, row]) => [name, row.default]),
) as Record<ColumnSetting, unknown>;

export function newWebhookValues(): WebhookFormValues {
  return {
    ...settingFields<typeof WEBHOOK_SETTINGS, Webhook>(WEBHOOK_SETTINGS, DEFAULTS),
    delivery: 'push',
    url: '',
    eventTypes: [],
    headers: [],
    auth: NO_AUTH,
    filter: '',
    deliveryFormat: '',
    rateLimit: { limit: '', perSeconds: 1 },
  };
}

export function toFormValues(webhook: Webhook): WebhookFormValues {
  return {
    ...settingFields<typeof WEBHOOK_SETTINGS, Webhook>(WEBHOOK_SETTINGS, webhook),
    delivery: webhook.delivery,
    url: webhook.pendingUrl ?? webhook.url ?? '',
    eventTypes: webhook.eventTypes,
    headers: webhook.headerNames.length === 0 ? [] : null,
    auth: webhook.auth === null ? NO_AUTH : null,
    filter: writeJson(webhook.filter),
    deliveryFormat: writeJson(webhook.deliveryFormat),
    rateLimit: webhook.rateLimit ?? { limit: '', perSeconds: 1 },
  };
}

/** Returns the request body for values that passed `validateWebhookForm`. */
export function toRequestBody(values: WebhookFormValues): WebhookBody {
  const { delivery, eventTypes } = values;
  return {
    ...settingValues<Pick<WebhookBody, ColumnSetting>>(
      Object.fromEntries(settingsOf(delivery).map((name) => [name, SETTING_ROWS[name]])),
      values,
    ),
    delivery,
    eventTypes,
    filter: readJsonObject(values.filter) ?? null,
    deliveryFormat: readJsonObject(values.deliveryFormat) ?? null,
    ...(delivery === 'push' && requestSettings(values)),
  };
}

/** Returns the settings that a webhook has only if it gets requests. */
function requestSettings({ url, headers, auth, rateLimit }: WebhookFormValues) {
  return {
    url: url.trim(),
    ...(headers !== null && {
      headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])),
    }),
    ...(auth !== null && { auth: authOf(auth) }),
    rateLimit:
      rateLimit.limit === ''
        ? null
        : { limit: Number(rateLimit.limit), perSeconds: Number(rateLimit.perSeconds) },
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

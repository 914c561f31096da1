import { changedFields } from '../../../api/changed-fields.js';
import { WEBHOOK_SETTINGS } from '../../../generated/settings.js';
import type { components } from '../../../generated/api.js';
import type { Webhook } from '../../../api/types.js';
import { readJsonObject, writeJson } from '../../event-types/json-field.js';
import {
  COLUMN_SETTINGS,
  type ColumnSetting,
  isListOfDelays,
  SETTING_ROWS,
  settingsOf,
} from '../column-settings.js';
import { formatDelay, parseDelay } from './retry-delay.js';

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

/** The fields of settings, by their kind. */
interface KindFields {
  /** Empty for none. */
  text: string;
  number: NumberField;
  /** Delays such as `5m`, or numbers. */
  numbers: string[];
  boolean: boolean;
  list: string[];
  /** Empty for none. */
  json: string;
}

type KindOf<Name extends ColumnSetting> = (typeof WEBHOOK_SETTINGS)[Name]['kind'];

type SettingFields = {
  [Name in ColumnSetting]: KindOf<Name> extends keyof KindFields ? KindFields[KindOf<Name>] : Webhook[Name];
};

/** Field names match the API, so that its errors map to fields. */
export interface WebhookFormValues extends SettingFields {
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

export function newWebhookValues(): WebhookFormValues {
  return {
    ...settingFields((name) => WEBHOOK_SETTINGS[name].default),
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
    ...settingFields((name) => webhook[name]),
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

function settingFields(valueOf: (name: ColumnSetting) => unknown): SettingFields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the field of each setting
  return Object.fromEntries(
    COLUMN_SETTINGS.map((name) => [name, toField(name, valueOf(name))]),
  ) as unknown as SettingFields;
}

function toField(name: ColumnSetting, value: unknown): unknown {
  const row = SETTING_ROWS[name];
  if (Array.isArray(value) && row.kind === 'numbers') {
    return value.map((each: number) => (isListOfDelays(row) ? formatDelay(each) : String(each)));
  }
  if (row.kind !== 'json') return value ?? '';
  const json = writeJson(value);
  return json === '{}' ? '' : json;
}

function settingValues(values: WebhookFormValues): Partial<Pick<WebhookBody, ColumnSetting>> {
  return Object.fromEntries(settingsOf(values.delivery).map((name) => [name, toValue(name, values[name])]));
}

function toValue(name: ColumnSetting, field: WebhookFormValues[ColumnSetting]): unknown {
  const row = SETTING_ROWS[name];
  switch (row.kind) {
    case 'text':
      return String(field).trim() || null;
    case 'number':
      return field === '' ? null : Number(field);
    case 'json':
      return readJsonObject(String(field)) ?? null;
    case 'numbers':
      return [field].flat().map((each) => (isListOfDelays(row) ? parseDelay(String(each)) : Number(each)));
    case 'boolean':
    case 'choice':
    case 'list':
      return field;
  }
}

/** Returns the request body for values that passed `validateWebhookForm`. */
export function toRequestBody(values: WebhookFormValues): WebhookBody {
  const { delivery, eventTypes } = values;
  return {
    ...settingValues(values),
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

import { inexactNumberError, readJsonObject } from '../../../components/json-field.js';
import { isListOfDelays } from '../../../settings/setting-row.js';
import { SETTING_ROWS, settingsOf } from '../column-settings.js';
import { parseDelay } from '../../../settings/retry-delay.js';
import type { HeaderRow, WebhookFormValues } from './webhook-form-values.js';
import { t } from '../../../i18n/t.js';

type FieldErrors = Record<string, string>;

/** Returns the errors that can be found without the API, by field: missing values, and values that cannot be converted to a body. */
export function validateWebhookForm(values: WebhookFormValues): FieldErrors {
  const { delivery, url, eventTypes, headers, filter, deliveryFormat } = values;
  // The other fields are hidden.
  const isPushed = delivery === 'push';
  return {
    ...(isPushed && url.trim() === '' && { url: t('Enter a URL.') }),
    ...(eventTypes.length === 0 && { eventTypes: t('Select at least one event type.') }),
    ...(isPushed && headerErrors(headers ?? [])),
    ...jsonSettingErrors(values),
    ...jsonError('filter', filter, t('Enter a JSON Schema as a JSON object.')),
    ...jsonError('deliveryFormat', deliveryFormat, t('Enter a JSON object.')),
    ...delayErrors(values),
    ...(isPushed && rateLimitErrors(values)),
  };
}

function jsonSettingErrors(values: WebhookFormValues): FieldErrors {
  const names = settingsOf(values.delivery).filter((name) => SETTING_ROWS[name].kind === 'json');
  const errors = names.map((name) => jsonError(name, String(values[name]), t('Enter a JSON object.')));
  return Object.assign({}, ...errors);
}

function delayErrors(values: WebhookFormValues): FieldErrors {
  const names = settingsOf(values.delivery).filter((name) => isListOfDelays(SETTING_ROWS[name]));
  return Object.assign({}, ...names.map((name) => delayError(name, [values[name]].flat().map(String))));
}

function delayError(field: string, delays: readonly string[]): FieldErrors {
  const delay = delays.find((text) => parseDelay(text) === null);
  if (delay === undefined) return {};
  return { [field]: t('“{{delay}}” is not a valid delay. Use 30s, 5m, 2h or 1d.', { delay }) };
}

function rateLimitErrors({ rateLimit }: WebhookFormValues): FieldErrors {
  return rateLimit.limit !== '' && rateLimit.perSeconds === ''
    ? { 'rateLimit.perSeconds': t('Enter the period in seconds.') }
    : {};
}

/** Rejects anything but an object, with `message`, and numbers that would change. */
function jsonError(field: string, text: string, message: string): FieldErrors {
  const error = readJsonObject(text) === undefined ? message : inexactNumberError(text);
  return error === null ? {} : { [field]: error };
}

/** Rejects duplicate names, because the body would silently keep only one. */
function headerErrors(headers: readonly HeaderRow[]): FieldErrors {
  const names = headers.map(({ name }) => name.trim().toLowerCase());
  return Object.fromEntries(
    names.flatMap((name, index) => {
      if (name === '') return [[`headers.${index}.name`, t('Enter a name.')]];
      return names.indexOf(name) < index ? [[`headers.${index}.name`, t('This header already exists.')]] : [];
    }),
  );
}

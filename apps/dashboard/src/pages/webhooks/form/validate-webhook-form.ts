import { readJsonObject } from '../../event-types/json-field.js';
import { parseDelay } from './retry-delay.js';
import type { HeaderRow, WebhookFormValues } from './webhook-form-values.js';

type FieldErrors = Record<string, string>;

/** What can be told of the form without asking the API, by field: what is missing, and what cannot be made into a body. */
export function validateWebhookForm(values: WebhookFormValues): FieldErrors {
  const { url, eventTypes, headers, metadata, filter, retrySchedule, rateLimit } = values;
  const badDelay = retrySchedule.find((text) => parseDelay(text) === null);
  return {
    ...(url.trim() === '' && { url: 'Enter a URL' }),
    ...(eventTypes.length === 0 && { eventTypes: 'Choose at least one' }),
    ...headerErrors(headers ?? []),
    ...(readJsonObject(metadata) === undefined && { metadata: 'Must be a JSON object' }),
    ...(readJsonObject(filter) === undefined && { filter: 'Must be a JSON object: a JSON Schema' }),
    ...(badDelay !== undefined && { retrySchedule: `“${badDelay}” is not a time such as 30s, 5m, 2h or 1d` }),
    ...(rateLimit.limit !== '' &&
      rateLimit.perSeconds === '' && { 'rateLimit.perSeconds': 'Enter how many seconds' }),
  };
}

/** Two of one name would silently become one. */
function headerErrors(headers: readonly HeaderRow[]): FieldErrors {
  const names = headers.map(({ name }) => name.trim().toLowerCase());
  return Object.fromEntries(
    names.flatMap((name, index) => {
      if (name === '') return [[`headers.${index}.name`, 'Enter a name']];
      return names.indexOf(name) < index ? [[`headers.${index}.name`, 'Is there twice']] : [];
    }),
  );
}

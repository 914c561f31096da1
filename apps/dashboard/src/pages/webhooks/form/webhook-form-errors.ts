import { toFormErrors, type FormErrors } from '../../../api/form-errors.js';
import type { ApiProblem } from '../../../problems/problem.js';
import { COLUMN_SETTINGS } from '../column-settings.js';
import type { WebhookFormValues } from './webhook-form-values.js';

const FIELDS = [
  ...COLUMN_SETTINGS,
  'delivery',
  'url',
  'eventTypes',
  'headers',
  'auth',
  'auth.username',
  'auth.password',
  'auth.header',
  'auth.value',
  'auth.tokenUrl',
  'auth.clientId',
  'auth.clientSecret',
  'auth.scopes',
  'auth.audience',
  'deliveryFormat',
  'filter',
  'rateLimit.limit',
  'rateLimit.perSeconds',
];

/** Maps the API's errors to the fields of the webhook form. An error of a list entry names the entry. */
export function webhookFormErrors(problem: ApiProblem, values: WebhookFormValues): FormErrors {
  const entries = new Map<string, string>(
    Object.entries(values).flatMap(([field, list]) =>
      field === 'headers' || !Array.isArray(list)
        ? []
        : list.map((entry, index) => [`${field}.${index}`, String(entry)] as const),
    ),
  );
  const headers = new Map(
    (values.headers ?? []).map(({ name }, index) => [`headers.${name.trim()}`, `headers.${index}.name`]),
  );
  const { fields, rest } = toFormErrors(problem, [...FIELDS, ...entries.keys(), ...headers.keys()]);
  const mapped = Object.entries(fields).map(([path, message]) => {
    const entry = entries.get(path);
    if (entry !== undefined) return [path.replace(/\.\d+$/, ''), `“${entry}” ${message}`];
    return [headers.get(path) ?? path, message];
  });
  return { fields: Object.fromEntries(mapped), rest };
}

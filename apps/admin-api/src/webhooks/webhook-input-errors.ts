import { errorAt, type FieldError, fieldError, PosthornError } from '@posthorn/core';
import { checkFilter } from '@posthorn/rules';
import { isFields } from '../http/external-references.js';
import type { InputErrors } from '../http/handler.js';
import { ed25519KeyOf, ownSecretOf } from './own-secret.js';
import { allowedUrl } from './webhook-settings.js';

/** Returns what is wrong with the URL, the filter, the longest block and the keys of a webhook, so that they are reported with all other errors. */
export const webhookInputErrors: InputErrors = (body, { outbound, maxBlockedMinutes: limit }) => {
  if (!isFields(body)) return [];
  const { url, filter, maxBlockedMinutes, secrets, signingKey } = body;
  return [
    ...(typeof url === 'string' ? errorsOf(() => allowedUrl(url, outbound)) : []),
    ...(isFields(filter) ? checkFilter(filter) : []),
    ...(typeof maxBlockedMinutes === 'number' && maxBlockedMinutes > limit
      ? [fieldError('maxBlockedMinutes', 'too_big', { limit })]
      : []),
    ...secretErrors(body),
    ...(Array.isArray(secrets)
      ? secrets.flatMap((secret, index) => errorsAt(`secrets[${index}].`, secretErrors(secret)))
      : []),
    ...signingKeyErrors(signingKey),
  ];
};

function secretErrors(owner: unknown): FieldError[] {
  if (!isFields(owner)) return [];
  const { secret, secretEncoding } = owner;
  if (typeof secret !== 'string') return [];
  const encoding = secretEncoding === 'text' || secretEncoding === 'base64' ? secretEncoding : undefined;
  return errorsOf(() => ownSecretOf({ secret, secretEncoding: encoding }));
}

function signingKeyErrors(signingKey: unknown): FieldError[] {
  if (!isFields(signingKey)) return [];
  const { privateKey } = signingKey;
  return typeof privateKey === 'string'
    ? errorsOf(() => ed25519KeyOf({ privateKey }, 'signingKey.privateKey'))
    : [];
}

const errorsAt = (prefix: string, errors: readonly FieldError[]): FieldError[] =>
  errors.map((error) => errorAt(prefix + error.path, error));

/** Returns the errors that a check throws. */
function errorsOf(check: () => unknown): FieldError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof PosthornError && error.errors) return error.errors;
    throw error;
  }
}

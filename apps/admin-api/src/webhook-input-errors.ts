import { type FieldError, PosthornError } from '@posthorn/core';
import { checkFilter } from '@posthorn/rules';
import { isFields } from './http/external-references.js';
import type { InputErrors } from './http/handler.js';
import { ownSecretOf } from './own-secret.js';
import { allowedUrl } from './webhook-settings.js';

/** Returns what is wrong with the URL, the filter and the secret of a webhook, so that they are reported with all other errors. */
export const webhookInputErrors: InputErrors = (body, { outbound }) => {
  if (!isFields(body)) return [];
  const { url, filter, secret, secretEncoding } = body;
  const encoding = secretEncoding === 'text' || secretEncoding === 'base64' ? secretEncoding : undefined;
  return [
    ...(typeof url === 'string' ? errorsOf(() => allowedUrl(url, outbound)) : []),
    ...(isFields(filter) ? checkFilter(filter) : []),
    ...(typeof secret === 'string' ? errorsOf(() => ownSecretOf({ secret, secretEncoding: encoding })) : []),
  ];
};

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

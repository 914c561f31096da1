import { isJsonObject } from '@posthorn/contract';
import { errorAt, type FieldError, fieldError, PosthornError } from '@posthorn/core';
import type { OutboundRules } from '@posthorn/outbound';
import { checkFilter } from '@posthorn/rules';
import { certificateInputErrors } from '../certificates/set-certificates.js';
import { widestRules } from '../requests/webhook-profile.js';
import { authHeaderErrors } from './auth-headers.js';
import type { WebhookDeps } from './deps.js';
import { ed25519KeyOf, ownSecretOf } from './own-secret.js';
import { allowedUrl } from './webhook-settings.js';

export type InputRules = Pick<WebhookDeps, 'outbound' | 'maxBlockedMinutes'>;

/** Returns what is wrong with the URL, the filter, the longest block, the keys and the certificates of a webhook, so that they are reported with all other errors. */
export const webhookInputErrors = (
  body: unknown,
  { outbound, maxBlockedMinutes: limit }: InputRules,
): FieldError[] => {
  if (!isJsonObject(body)) return [];
  const rules = widestRules(outbound);
  const { url, filter, maxBlockedMinutes, secrets, signingKey, auth, headers } = body;
  return [
    ...(typeof url === 'string' ? errorsOf(() => allowedUrl(url, rules)) : []),
    ...(isJsonObject(filter) ? checkFilter(filter) : []),
    ...(isJsonObject(auth) ? authErrors(auth, headers, rules) : []),
    ...(typeof maxBlockedMinutes === 'number' && maxBlockedMinutes > limit
      ? [fieldError('maxBlockedMinutes', 'too_big', { limit })]
      : []),
    ...secretErrors(body),
    ...(Array.isArray(secrets)
      ? secrets.flatMap((secret, index) => errorsAt(`secrets[${index}].`, secretErrors(secret)))
      : []),
    ...signingKeyErrors(signingKey),
    ...certificateInputErrors(body),
  ];
};

function authErrors(
  { tokenUrl, header }: Record<string, unknown>,
  headers: unknown,
  rules: OutboundRules,
): FieldError[] {
  const names = isJsonObject(headers) ? Object.keys(headers) : [];
  return [
    ...(typeof tokenUrl === 'string' ? errorsOf(() => allowedUrl(tokenUrl, rules, 'auth.tokenUrl')) : []),
    ...authHeaderErrors(typeof header === 'string' ? header : 'authorization', names),
  ];
}

function secretErrors(owner: unknown): FieldError[] {
  if (!isJsonObject(owner)) return [];
  const { secret, secretEncoding } = owner;
  if (typeof secret !== 'string') return [];
  const encoding = secretEncoding === 'text' || secretEncoding === 'base64' ? secretEncoding : undefined;
  return errorsOf(() => ownSecretOf({ secret, secretEncoding: encoding }));
}

function signingKeyErrors(signingKey: unknown): FieldError[] {
  if (!isJsonObject(signingKey)) return [];
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

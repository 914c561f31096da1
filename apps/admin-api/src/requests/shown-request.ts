import {
  lowerCaseNames,
  openCustomHeaders,
  type DeliveryFormat,
  type Sealer,
  signatureHeaderNames,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { allowsFeature, type Caller, hasScope } from '../access/authenticate.js';

/** The value of a header that is not shown. */
export const REDACTED = '[redacted]';

interface RequestToShow<Body> {
  url: string;
  headers: Record<string, string>;
  body: Body;
}

/** Returns the names, in lower case, of the headers of a webhook whose values are secrets: signatures and custom headers, which often contain credentials. */
export function secretHeaderNames(
  webhook: Pick<WebhookRecord, 'id' | 'headersSealed'>,
  format: DeliveryFormat,
  sealer: Sealer,
): ReadonlySet<string> {
  const custom = lowerCaseNames(openCustomHeaders(webhook, sealer));
  return new Set([...Object.keys(custom), ...signatureHeaderNames(format)]);
}

/** Returns a request as a caller may see it. @param secretNames from `secretHeaderNames` */
export function shownRequest<Body>(
  { url, headers, body }: RequestToShow<Body>,
  secretNames: ReadonlySet<string>,
  caller: Caller,
) {
  const isHidden = (name: string) => secretNames.has(name) && !seesSecrets(caller);
  const lowerCase = Object.entries(lowerCaseNames(headers));
  return {
    method: 'POST' as const,
    url,
    headers: Object.fromEntries(lowerCase.map(([name, value]) => [name, isHidden(name) ? REDACTED : value])),
    secretHeaders: lowerCase.map(([name]) => name).filter((name) => secretNames.has(name)),
    body,
  };
}

/** Returns headers without the values of some. */
export function withoutValues(
  headers: Record<string, string>,
  names: readonly string[],
): Record<string, string> {
  const hidden = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, hidden.has(name.toLowerCase()) ? REDACTED : value]),
  );
}

/** Returns whether a caller may read secrets. It can get them anyway: it may rotate the secrets of a webhook, and set the URL that gets its headers. */
export const seesSecrets = (caller: Caller): boolean =>
  hasScope(caller, 'webhooks:write') && allowsFeature(caller, 'secrets');

import {
  customHeaderNames,
  type DeliveryFormat,
  type ReceiverAuth,
  validationTarget,
  type WebhookLifecycle,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import {
  hasCustomHeaders,
  hasHeadersToApprove,
  originOf,
  type ToApprove,
} from '../requests/signed-request.js';

/** Settings with custom headers, credentials or a client certificate. Undefined if a call does not set them. */
interface SetHeaders {
  headers?: Record<string, string> | null | undefined;
  auth?: ReceiverAuth | null | undefined;
  deliveryFormat?: DeliveryFormat | null | undefined;
  clientCertificate?: object | null | undefined;
}

interface HeadersChange extends SetHeaders {
  /** An explicit approval, or its withdrawal. */
  headersApproved?: boolean | undefined;
  byAdmin: boolean;
}

/** Returns whether a call sets custom headers, in `headers` or in the delivery format, an authentication or a client certificate. */
export function setsHeaders({ headers, auth, deliveryFormat, clientCertificate }: SetHeaders): boolean {
  return (
    Object.keys(headers ?? {}).length > 0 ||
    (auth ?? null) !== null ||
    customHeaderNames(deliveryFormat ?? {}).length > 0 ||
    (clientCertificate ?? null) !== null
  );
}

/** Returns whether the webhook or its format has custom headers and a request to the URL to validate, or else to its URL, has them. */
export function areHeadersApproved(webhook: WebhookRecord): boolean {
  const url = validationTarget(webhook) ?? webhook.url;
  return url !== null && hasHeadersToApprove(webhook) && hasCustomHeaders({ webhook, url });
}

/**
 * Returns the origin for which the custom headers are approved after a change of the webhook. A key that is not an admin cannot
 * keep an approval for other headers. A change by an admin approves headers for the first URL, if all of them are set by it; a
 * staged URL needs an explicit approval, because the headers may contain credentials of the current host.
 */
export function changedApproval(
  before: WebhookLifecycle & ToApprove & Pick<WebhookRecord, 'headersApprovedOrigin'>,
  after: WebhookLifecycle,
  { headers, auth, deliveryFormat, clientCertificate, headersApproved, byAdmin }: HeadersChange,
): string | null {
  const current = before.headersApprovedOrigin;
  const origin = originOf(validationTarget(after) ?? after.url);
  if (headersApproved !== undefined) return headersApproved ? origin : null;
  if (!byAdmin)
    return headers === undefined && !setsHeaders({ auth, deliveryFormat, clientCertificate })
      ? current
      : null;
  if (after.status !== 'pending_validation') return current;
  if (current !== null && current === originOf(before.url)) return origin;
  const keepsOthers = hasHeadersToApprove({
    headersSealed: headers === undefined ? before.headersSealed : null,
    authSealed: auth === undefined ? before.authSealed : null,
    deliveryFormat: deliveryFormat === undefined ? before.deliveryFormat : null,
    clientCertificate: clientCertificate === undefined ? before.clientCertificate : null,
  });
  return setsHeaders({ headers, auth, deliveryFormat, clientCertificate }) && !keepsOthers ? origin : current;
}

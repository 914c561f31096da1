import {
  customHeaderNames,
  type DeliveryFormat,
  validationTarget,
  type WebhookLifecycle,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import { hasHeadersToApprove, originOf } from '../deliveries/signed-request.js';

/** Settings with custom headers. Undefined if a call does not set them. */
interface SetHeaders {
  headers?: Record<string, string> | null | undefined;
  deliveryFormat?: DeliveryFormat | null | undefined;
}

interface HeadersChange extends SetHeaders {
  /** An explicit approval, or its withdrawal. */
  headersApproved?: boolean | undefined;
  byAdmin: boolean;
}

/** Returns whether a call sets custom headers, in `headers` or in the delivery format. */
export function setsHeaders({ headers, deliveryFormat }: SetHeaders): boolean {
  return Object.keys(headers ?? {}).length > 0 || customHeaderNames(deliveryFormat ?? {}).length > 0;
}

/**
 * Returns the origin for which the custom headers are approved after a change of the webhook. A key that is not an admin cannot
 * keep an approval for other headers. A change by an admin approves headers for the first URL, if all of them are set by it; a
 * staged URL needs an explicit approval, because the headers may contain credentials of the current host.
 */
export function changedApproval(
  before: WebhookLifecycle &
    Pick<WebhookRecord, 'headersApprovedOrigin' | 'headersSealed' | 'deliveryFormat'>,
  after: WebhookLifecycle,
  { headers, deliveryFormat, headersApproved, byAdmin }: HeadersChange,
): string | null {
  const current = before.headersApprovedOrigin;
  const origin = originOf(validationTarget(after) ?? after.url);
  if (headersApproved !== undefined) return headersApproved ? origin : null;
  if (!byAdmin) return headers === undefined && !setsHeaders({ deliveryFormat }) ? current : null;
  if (after.status !== 'pending_validation') return current;
  if (current !== null && current === originOf(before.url)) return origin;
  const keepsOthers = hasHeadersToApprove({
    headersSealed: headers === undefined ? before.headersSealed : null,
    deliveryFormat: deliveryFormat === undefined ? before.deliveryFormat : null,
  });
  return setsHeaders({ headers, deliveryFormat }) && !keepsOthers ? origin : current;
}

import { validationTarget, type WebhookLifecycle } from '@posthorn/core';
import type { WebhookSettings } from '@posthorn/database/prisma';
import { originOf } from './signed-request.js';

interface HeadersChange {
  /** The new headers. Undefined if they do not change. */
  headers?: Record<string, string> | null | undefined;
  /** An explicit approval, or its withdrawal. */
  headersApproved?: boolean | undefined;
  byAdmin: boolean;
}

/**
 * Returns the origin for which the custom headers are approved after a change of the webhook. A key that is not an admin cannot
 * keep an approval for other headers. A change by an admin approves headers for the first URL; a staged URL needs an explicit
 * approval, because the headers may contain credentials of the current host.
 */
export function changedApproval(
  before: WebhookLifecycle & Pick<WebhookSettings, 'headersApprovedOrigin'>,
  after: WebhookLifecycle,
  { headers, headersApproved, byAdmin }: HeadersChange,
): string | null {
  const current = before.headersApprovedOrigin;
  const origin = originOf(validationTarget(after) ?? after.url);
  if (headersApproved !== undefined) return headersApproved ? origin : null;
  if (!byAdmin) return headers === undefined ? current : null;
  if (after.status !== 'pending_validation') return current;
  const movesApproval = current !== null && current === originOf(before.url);
  return headers || movesApproval ? origin : current;
}

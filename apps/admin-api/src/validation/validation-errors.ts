import { PosthornError, type SentOutcome, reason } from '@posthorn/core';
import type { Confirmation } from '@posthorn/database/webhooks/prisma';
import { type Caller, hasScope } from '../access/authenticate.js';
import { serializeOutcome } from '../requests/failure.js';
import {
  hasCustomHeaders,
  hasHeadersToApprove,
  isValidatedOrigin,
  type WebhookRequest,
} from '../requests/signed-request.js';

export const nothingToValidate = (status: string): PosthornError =>
  new PosthornError('invalid_state', {
    // A pending webhook has one, and a deleted one is not found.
    reason: reason(status === 'suspended' ? 'nothing_to_validate_suspended' : 'nothing_to_validate_active'),
    extra: { webhookStatus: status },
  });

export const codeReplaced = (): PosthornError =>
  new PosthornError('conflict', {
    reason: reason('code_replaced'),
  });

/** The client certificate of the webhook is its own, or that of its tenant. */
interface FailedValidation extends Pick<WebhookRequest, 'webhook' | 'url'> {
  caller: Caller;
}

/** Returns the error for a code that the receiver did not accept. Of an unvalidated origin, only admins see the response. */
export function deliveryFailed(
  outcome: SentOutcome,
  { webhook, url, caller }: FailedValidation,
): PosthornError {
  const isTrusted = isValidatedOrigin({ webhook, url });
  const { responseStatus, responseBody, error } = serializeOutcome(outcome, {
    seesDetails: hasScope(caller, isTrusted ? 'webhooks:read' : 'admin'),
  });
  const isWithheld = hasHeadersToApprove(webhook) && !hasCustomHeaders({ webhook, url });
  const seesBody = isTrusted || hasScope(caller, 'admin');
  return new PosthornError('validation_delivery_failed', {
    ...(error === null
      ? {
          reason: reason(isWithheld ? 'receiver_status_without_headers' : 'receiver_status', {
            status: responseStatus,
          }),
        }
      : isWithheld && error.code === 'tls_client_certificate'
        ? { reason: reason('client_certificate_withheld') }
        : { detail: error.message }),
    extra: {
      responseStatus,
      ...(seesBody && responseBody !== null && { responseBody }),
      ...(error !== null && { error }),
    },
  });
}

export function confirmationError(confirmation: Exclude<Confirmation, { check: 'ok' }>): PosthornError {
  switch (confirmation.check) {
    case 'nothing_to_validate':
      return nothingToValidate(confirmation.webhook.status);
    case 'wrong':
      return new PosthornError('validation_code_invalid', {
        extra: { attemptsLeft: confirmation.attemptsLeft },
      });
    case 'locked':
      return new PosthornError('validation_code_locked');
    case 'expired':
      return new PosthornError('validation_code_expired');
    case 'not_requested':
    case 'not_delivered':
      return new PosthornError('validation_not_requested');
  }
}

import { PosthornError, type SentOutcome } from '@posthorn/core';
import type { Confirmation } from '@posthorn/database/prisma';
import { type Caller, hasScope } from '../http/authenticate.js';
import { serializeOutcome } from '../deliveries/failure.js';
import {
  hasCustomHeaders,
  hasHeadersToApprove,
  isValidatedOrigin,
  type WebhookRequest,
} from '../deliveries/signed-request.js';

export const nothingToValidate = (status: string): PosthornError =>
  new PosthornError('invalid_state', {
    detail: `The webhook is ${status} and has no URL to validate`,
    extra: { webhookStatus: status },
  });

export const codeReplaced = (): PosthornError =>
  new PosthornError('conflict', {
    detail: 'A newer code or a change of the URL replaced this code. Request a new one.',
  });

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
  const withheld =
    hasHeadersToApprove(webhook) && !hasCustomHeaders({ webhook, url })
      ? '. Custom headers are not sent before the validation, unless an admin key has set or approved them'
      : '';
  const seesBody = isTrusted || hasScope(caller, 'admin');
  return new PosthornError('validation_delivery_failed', {
    detail: error === null ? `The receiver responded with ${responseStatus}${withheld}` : error.message,
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

import { PosthornError, reason, type WebhookStatus } from '@posthorn/core';

export const webhookNotFound = () => new PosthornError('not_found', { detail: 'Webhook not found' });

/** Returns the error for a call that concerns requests, which a webhook that is read with its feed does not get. */
export const getsNoRequests = () => new PosthornError('invalid_state', { reason: reason('webhook_pull') });

/** Returns the error for a call that the status of the webhook forbids. */
export function invalidState(status: WebhookStatus): PosthornError {
  return new PosthornError('invalid_state', {
    reason: reason(`webhook_${status}`),
    extra: { webhookStatus: status },
  });
}

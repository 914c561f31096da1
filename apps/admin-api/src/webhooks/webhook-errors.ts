import { PosthornError } from '@posthorn/core';

export const webhookNotFound = () => new PosthornError('not_found', { detail: 'Webhook not found' });

/** Returns the error for a call that the status of the webhook forbids. */
export function invalidState(status: string): PosthornError {
  return new PosthornError('invalid_state', {
    detail: `Not allowed while the webhook is ${status}`,
    extra: { webhookStatus: status },
  });
}

import type { Delivery, Webhook } from '../../api/types.js';

/** Returns why a delivery cannot be retried, or null if it can. @param webhook undefined if unknown, null if deleted */
export function retryBlocker(
  { status, eventType, nextAttemptAt }: Pick<Delivery, 'status' | 'eventType' | 'nextAttemptAt'>,
  webhook: Pick<Webhook, 'status'> | null | undefined,
): string | null {
  if (status === 'pending' && !waitsForRetry(nextAttemptAt))
    return "This delivery is due and doesn't need a retry.";
  if (eventType === null) return "This event's payload has expired and can't be resent.";
  if (webhook === null) return "The webhook was deleted, so this delivery can't be retried.";
  if (webhook === undefined || webhook.status === 'active') return null;
  return webhook.status === 'suspended'
    ? 'Reactivate the webhook to retry this delivery.'
    : "Validate the webhook's URL to retry this delivery.";
}

function waitsForRetry(nextAttemptAt: string | null): boolean {
  return nextAttemptAt !== null && Date.parse(nextAttemptAt) > Date.now();
}

/** Describes the effects of a retry. */
export function retryEffects(
  { status, attemptCount }: Pick<Delivery, 'status' | 'attemptCount'>,
  webhook: Pick<Webhook, 'retrySchedule'> | undefined,
): string[] {
  if (status === 'pending')
    return [
      'The same body is sent now, with the same webhook-id.',
      'If this attempt fails, the retry schedule continues as before.',
    ];
  return [
    status === 'succeeded'
      ? 'The endpoint already received this event. It will get the same body again, with the same webhook-id, so that it can detect the duplicate.'
      : 'The same body is sent now, with the same webhook-id.',
    effectOfFailure(attemptCount, webhook),
  ];
}

/** The retry is not part of the schedule. */
function effectOfFailure(attemptCount: number, webhook: Pick<Webhook, 'retrySchedule'> | undefined): string {
  if (webhook === undefined) return 'If this attempt fails, the retry schedule continues as before.';
  const { length } = webhook.retrySchedule;
  const retries = Math.max(0, Math.min(length, length + 1 - attemptCount));
  if (retries === 0) return 'No automatic retries are left: if this attempt fails, the delivery fails again.';
  return `If this attempt fails, ${retries === 1 ? '1 automatic retry follows' : `${retries} automatic retries follow`}.`;
}

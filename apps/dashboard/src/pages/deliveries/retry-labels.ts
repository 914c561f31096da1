import type { Delivery, Webhook } from '../../api/types.js';

/** Returns why a delivery cannot be retried, or null if it can. @param webhook undefined if unknown, null if deleted */
export function retryBlocker(
  { status, eventType }: Pick<Delivery, 'status' | 'eventType'>,
  webhook: Pick<Webhook, 'status'> | null | undefined,
): string | null {
  if (status === 'pending') return "This delivery is pending and doesn't need a retry.";
  if (eventType === null) return "This event's payload has expired and can't be resent.";
  if (webhook === null) return "The webhook was deleted, so this delivery can't be retried.";
  if (webhook === undefined || webhook.status === 'active') return null;
  return webhook.status === 'suspended'
    ? 'Reactivate the webhook to retry this delivery.'
    : "Validate the webhook's URL to retry this delivery.";
}

/** Describes the effects of a retry. */
export function retryEffects(
  { status, attemptCount }: Pick<Delivery, 'status' | 'attemptCount'>,
  webhook: Pick<Webhook, 'retrySchedule'> | undefined,
): string[] {
  return [
    status === 'succeeded'
      ? 'The endpoint already received this event. It will get the same body again, with the same webhook-id, so that it can detect the duplicate.'
      : 'The same body is sent now, with the same webhook-id.',
    effectOfFailure(attemptCount, webhook),
  ];
}

/** Earlier attempts count towards the retry schedule, so it may be exhausted. */
function effectOfFailure(attemptCount: number, webhook: Pick<Webhook, 'retrySchedule'> | undefined): string {
  if (webhook === undefined) return 'Earlier attempts count towards the retry schedule.';
  const retries = Math.max(0, webhook.retrySchedule.length - attemptCount);
  if (retries === 0) return 'No automatic retries are left: if this attempt fails, the delivery fails again.';
  return `If this attempt fails, ${retries === 1 ? '1 automatic retry follows' : `${retries} automatic retries follow`}.`;
}

import type { Delivery, Webhook } from '../../api/types.js';

/** Why it cannot be delivered again, or null. @param webhook undefined: not known; null: there is none any more */
export function retryBlocker(
  { status, eventType }: Pick<Delivery, 'status' | 'eventType'>,
  webhook: Pick<Webhook, 'status'> | null | undefined,
): string | null {
  if (status === 'pending') return 'It is pending: an attempt is still to come.';
  if (eventType === null) return 'It cannot be delivered again: the data of its event are not kept any more.';
  if (webhook === null) return 'It cannot be delivered again: its webhook was deleted.';
  if (webhook === undefined || webhook.status === 'active') return null;
  return webhook.status === 'suspended'
    ? 'It cannot be delivered again while its webhook is suspended.'
    : 'It cannot be delivered again before its webhook is validated.';
}

/** What follows when a delivery is delivered again. */
export function retryEffects(
  { status, attemptCount }: Pick<Delivery, 'status' | 'attemptCount'>,
  webhook: Pick<Webhook, 'retrySchedule'> | undefined,
): string[] {
  return [
    status === 'succeeded'
      ? 'The receiver has taken it already. It gets the same body once more, with the same webhook-id, by which it can tell.'
      : 'It becomes pending, and is sent now: the same body, with the same webhook-id.',
    ifItFails(attemptCount, webhook),
  ];
}

/** Attempts are counted on, so that the schedule may be used up. */
function ifItFails(attemptCount: number, webhook: Pick<Webhook, 'retrySchedule'> | undefined): string {
  if (webhook === undefined)
    return 'Attempts are counted on: once its retries are used up, it is tried once.';
  const retries = Math.max(0, webhook.retrySchedule.length - attemptCount);
  if (retries === 0) return 'Its retries are used up: if this attempt fails, the delivery has failed again.';
  return `If this attempt fails, ${retries === 1 ? 'one more follows' : `${retries} more follow`}, as its webhook's schedule says.`;
}

import type { Delivery, Webhook } from '../../api/types.js';
import { t } from '../../i18n/t.js';

type Retryable = Pick<Delivery, 'status' | 'eventType' | 'nextAttemptAt' | 'waitsFor'>;

/** Returns why a delivery cannot be retried, or null if it can. @param webhook undefined if unknown, null if deleted */
export function retryBlocker(
  { status, eventType, nextAttemptAt, waitsFor }: Retryable,
  webhook: Pick<Webhook, 'status' | 'delivery'> | null | undefined,
): string | null {
  if (status === 'available' || webhook?.delivery === 'pull')
    return t("The webhook gets no requests, so this delivery can't be retried.");
  if (waitsFor !== null) return t("This delivery waits for an earlier one and can't be retried.");
  if (status === 'pending' && !waitsForRetry(nextAttemptAt))
    return t("This delivery is due and doesn't need a retry.");
  if (eventType === null) return t("This event's payload has expired, so the delivery can't be retried.");
  if (webhook === null) return t("The webhook was deleted, so this delivery can't be retried.");
  if (webhook === undefined || webhook.status === 'active') return null;
  return webhook.status === 'suspended'
    ? t('Reactivate the webhook to retry this delivery.')
    : t("Validate the webhook's URL to retry this delivery.");
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
      t('The same body is sent now, with the same webhook-id.'),
      t('If this attempt fails, the retry schedule continues as before.'),
    ];
  return [
    status === 'succeeded'
      ? t(
          'The receiver already received this event. It will get the same body again, with the same webhook-id, so that it can detect the duplicate.',
        )
      : t('The same body is sent now, with the same webhook-id.'),
    effectOfFailure(attemptCount, webhook),
  ];
}

/** The retry is not part of the schedule. */
function effectOfFailure(attemptCount: number, webhook: Pick<Webhook, 'retrySchedule'> | undefined): string {
  if (webhook === undefined) return t('If this attempt fails, the retry schedule continues as before.');
  const { length } = webhook.retrySchedule;
  const retries = Math.max(0, Math.min(length, length + 1 - attemptCount));
  if (retries === 0)
    return t('No automatic retries are left: if this attempt fails, the delivery fails again.');
  return t('If this attempt fails, {{count}} automatic retries follow.', { count: retries });
}

import type { ExplainReason } from '@posthorn/contract';
import { matchesPattern } from '@posthorn/core';
import type { ExplainFacts } from '@posthorn/database/definitions';

/** Why an event went to a webhook, or why it did not, as far as it can be known afterwards. Pure. */
export function explain(
  webhook: Omit<ExplainFacts, 'id' | 'url'>,
  event: { type: string; publishedAt: Date },
): ExplainReason {
  const { delivery, subscriptions, activeSince, status, epoch } = webhook;
  if (delivery) return whatBecameOf(delivery);

  if (webhook.createdAt > event.publishedAt) return 'created_later';
  const wanted = subscriptions.filter(({ pattern }) => matchesPattern(event.type, pattern));
  if (wanted.length === 0) return 'not_subscribed';
  if (wanted.every(({ createdAt }) => createdAt > event.publishedAt)) return 'subscribed_later';
  if (status === 'pending_validation' || activeSince === null) return 'pending_validation';
  // Before the last activation: the first one, which no suspension preceded, or one that ended a suspension.
  const wasSuspendedBefore = epoch > (status === 'suspended' ? 1 : 0);
  if (event.publishedAt < activeSince) return wasSuspendedBefore ? 'suspended' : 'pending_validation';
  return status === 'suspended' ? 'suspended' : 'not_recorded';
}

function whatBecameOf({
  status,
  reason,
  attemptCount,
}: NonNullable<ExplainFacts['delivery']>): ExplainReason {
  switch (status) {
    case 'succeeded':
      return 'delivered';
    case 'failed':
      return 'failed';
    case 'pending':
      return attemptCount > 0 ? 'retrying' : 'pending';
    case 'dropped':
      return reason === 'deleted' ? 'deleted' : 'suspended';
  }
}

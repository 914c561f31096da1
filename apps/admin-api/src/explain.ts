import type { ExplainReason } from '@posthorn/contract';
import { matchesPattern } from '@posthorn/core';
import type { MatchFacts } from '@posthorn/database/prisma';
import { compileFilter } from '@posthorn/rules';

export interface Explanation {
  reason: ExplainReason;
  /** For what was filtered out: the part of the data that does not fit. */
  detail?: string;
}

/** An event as it was published. */
export interface PublishedEvent {
  type: string;
  publishedAt: Date;
  data: unknown;
}

/** Why an event went to a webhook, or why it did not, as far as it can be known afterwards. Pure. */
export function explain(webhook: Omit<MatchFacts, 'id' | 'url'>, event: PublishedEvent): Explanation {
  if (webhook.delivery) return { reason: reasonFromDelivery(webhook.delivery) };
  const reason = reasonFromHistory(webhook, event);
  if (reason !== null) return { reason };
  const detail = filterViolation(webhook, event);
  if (detail !== null) return { reason: 'filtered_out', detail };
  return { reason: webhook.status === 'suspended' ? 'suspended' : 'not_recorded' };
}

/** Why an event could not go to the webhook whatever was in it, or null. */
function reasonFromHistory(
  { createdAt, subscriptions, activeSince, suspendedAt, status, epoch }: Omit<MatchFacts, 'id' | 'url'>,
  { type, publishedAt }: PublishedEvent,
): ExplainReason | null {
  if (createdAt > publishedAt) return 'created_later';
  const wanted = subscriptions.filter(({ pattern }) => matchesPattern(type, pattern));
  if (wanted.length === 0) return 'not_subscribed';
  if (wanted.every((subscription) => subscription.createdAt > publishedAt)) return 'subscribed_later';
  if (status === 'pending_validation' || activeSince === null) return 'pending_validation';
  // Before the last activation: the first one, which no suspension preceded, or one that ended a suspension.
  const wasSuspendedBefore = epoch > (status === 'suspended' ? 1 : 0);
  if (publishedAt < activeSince) return wasSuspendedBefore ? 'suspended' : 'pending_validation';
  return suspendedAt !== null && publishedAt >= suspendedAt ? 'suspended' : null;
}

/** Longest detail, in characters: a filter may have long texts. */
const MAX_DETAIL_LENGTH = 300;

/** What of the data did not fit the filter, if that was the filter when the event was published; or null. */
function filterViolation(
  { filter, filterSetAt }: Pick<MatchFacts, 'filter' | 'filterSetAt'>,
  { publishedAt, data }: PublishedEvent,
): string | null {
  if (filter === null || filterSetAt === null || filterSetAt > publishedAt) return null;
  const violation = compileFilter(filter).violation(data);
  return violation && `${violation.path} ${violation.message}`.slice(0, MAX_DETAIL_LENGTH);
}

function reasonFromDelivery({
  status,
  reason,
  attemptCount,
}: NonNullable<MatchFacts['delivery']>): ExplainReason {
  switch (status) {
    case 'succeeded':
      return 'delivered';
    case 'failed':
      return 'failed';
    case 'pending':
      return attemptCount > 0 ? 'retrying' : 'pending';
    case 'dropped':
      return reason === 'deleted' || reason === 'replay_cancelled' ? reason : 'suspended';
  }
}

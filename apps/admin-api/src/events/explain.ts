import type { ExplainReason } from '@posthorn/contract';
import {
  DROP_REASONS,
  type DropReason,
  type FieldError,
  INTERNAL_FAILURE,
  matchesPattern,
} from '@posthorn/core';
import type { MatchFacts } from '@posthorn/database/deliveries/prisma';
import { compileFilter } from '@posthorn/rules';

export interface Explanation {
  reason: ExplainReason;
  /** For a filtered event: the part of its data that does not match the filter. */
  violation?: FieldError;
}

/** A published event. */
export interface PublishedEvent {
  type: string;
  publishedAt: Date;
  /** Null if the payload has expired or was erased. */
  data: unknown;
  /** Its deliveries may have expired. */
  isHistoryOver: boolean;
}

/** Returns why an event was sent to a webhook or not, as far as this can be determined afterwards. Pure. */
export function explain(
  webhook: Omit<MatchFacts, 'id' | 'url' | 'description'>,
  event: PublishedEvent,
): Explanation {
  if (webhook.delivery) return { reason: reasonFromDelivery(webhook.delivery) };
  const reason = reasonFromHistory(webhook, event);
  if (reason !== null) return { reason };
  const violation = filterViolation(webhook, event);
  if (violation !== null) return { reason: 'filtered_out', violation };
  if (event.isHistoryOver) return { reason: 'history_expired' };
  return { reason: webhook.status === 'suspended' ? 'suspended' : 'not_recorded' };
}

/** Returns why the webhook could not receive the event regardless of its data, or null. */
function reasonFromHistory(
  {
    createdAt,
    subscriptions,
    activeSince,
    validatedAt,
    attestedAt,
    suspendedAt,
    status,
    epoch,
  }: Omit<MatchFacts, 'id' | 'url' | 'description'>,
  { type, publishedAt }: PublishedEvent,
): ExplainReason | null {
  if (createdAt > publishedAt) return 'created_later';
  const matching = subscriptions.filter(({ pattern }) => matchesPattern(type, pattern));
  if (matching.length === 0) return 'not_subscribed';
  if (matching.every((subscription) => subscription.createdAt > publishedAt)) return 'subscribed_later';
  if (status === 'pending_validation' || activeSince === null) return 'pending_validation';
  // Published before the last activation: the first one if no suspension preceded it, or one by a later validation, of a webhook that was
  // read with its feed before.
  const wasSuspendedBefore = epoch > (status === 'suspended' ? 1 : 0);
  const isByValidation = [validatedAt, attestedAt].some((time) => time?.getTime() === activeSince.getTime());
  if (publishedAt < activeSince)
    return wasSuspendedBefore && !isByValidation ? 'suspended' : 'pending_validation';
  return suspendedAt !== null && publishedAt >= suspendedAt ? 'suspended' : null;
}

/** Returns which part of the data violates the filter, or null if none does, the filter was set after publication, or the data has expired. */
function filterViolation(
  { filter, filterSetAt }: Pick<MatchFacts, 'filter' | 'filterSetAt'>,
  { publishedAt, data }: PublishedEvent,
): FieldError | null {
  if (filter === null || filterSetAt === null || filterSetAt > publishedAt || data === null) return null;
  return compileFilter(filter).violation(data);
}

function reasonFromDelivery({
  status,
  reason,
  attemptCount,
  waitsFor,
}: NonNullable<MatchFacts['delivery']>): ExplainReason {
  switch (status) {
    case 'succeeded':
      return 'delivered';
    case 'available':
      return status;
    case 'failed':
      return reason === INTERNAL_FAILURE.code ? reason : 'failed';
    case 'pending':
      if (waitsFor !== null) return 'waits_in_order';
      return attemptCount > 0 ? 'retrying' : 'pending';
    case 'dropped':
      return isDropReason(reason) ? reason : 'suspended';
  }
}

const isDropReason = (reason: string | null): reason is DropReason =>
  DROP_REASONS.some((each) => each === reason);

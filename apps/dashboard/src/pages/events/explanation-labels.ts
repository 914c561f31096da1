import {
  Ban,
  CircleCheck,
  CircleMinus,
  CircleQuestionMark,
  CircleX,
  Clock,
  Inbox,
  type LucideIcon,
} from 'lucide-react';
import type { Explanation } from '../../api/types.js';
import type { Tone } from '../../components/badge.js';
import { INTERNAL_ERROR_DESCRIPTION, SHADOW_DESCRIPTION } from '../deliveries/delivery-labels.js';
import { t } from '../../i18n/t.js';

interface ExplanationLabels {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  /** The reason as a sentence. */
  reason: string;
}

const notSent = (reason: string): ExplanationLabels => ({
  label: t('Not sent'),
  tone: 'calm',
  icon: CircleMinus,
  reason,
});
const dropped = (reason: string): ExplanationLabels => ({
  label: t('Dropped'),
  tone: 'calm',
  icon: Ban,
  reason,
});

/** Returns the labels that explain why an event was or was not sent to a webhook. */
export function explanationLabels({
  reason,
  matched,
}: Pick<Explanation, 'reason' | 'matched'>): ExplanationLabels {
  switch (reason) {
    case 'delivered':
      return {
        label: t('Delivered'),
        tone: 'good',
        icon: CircleCheck,
        reason: t('The receiver accepted the event.'),
      };
    case 'retrying':
      return {
        label: t('Retrying'),
        tone: 'busy',
        icon: Clock,
        reason: t('The last attempt failed. A retry is scheduled.'),
      };
    case 'pending':
      return {
        label: t('Pending'),
        tone: 'busy',
        icon: Clock,
        reason: t('The first attempt has not finished yet.'),
      };
    case 'waits_in_order':
      return {
        label: t('Waiting'),
        tone: 'busy',
        icon: Clock,
        reason: t('An earlier event must be delivered first.'),
      };
    case 'failed':
      return {
        label: t('Failed'),
        tone: 'bad',
        icon: CircleX,
        reason: t('The delivery failed and will not be retried automatically.'),
      };
    case 'internal_error':
      return { label: t('Failed'), tone: 'bad', icon: CircleX, reason: INTERNAL_ERROR_DESCRIPTION };
    case 'suspended':
      return matched
        ? dropped(t('The webhook was suspended before delivery.'))
        : notSent(t('The webhook was suspended when the event was published.'));
    case 'tenant_suspended':
      return dropped(t('The tenant was suspended before delivery.'));
    case 'deleted':
      return dropped(t('The webhook was deleted before delivery.'));
    case 'replay_cancelled':
      return dropped(t('The replay was cancelled before delivery.'));
    case 'shadow':
      return dropped(SHADOW_DESCRIPTION);
    case 'skipped':
      return dropped(t('The delivery was skipped, so that those after it could be sent.'));
    case 'erased':
      return dropped(t('The data of the event was erased before delivery.'));
    case 'available':
      return {
        label: t('Available'),
        tone: 'good',
        icon: Inbox,
        reason: t('The event is in the feed of the webhook.'),
      };
    case 'not_subscribed':
    case 'subscribed_later':
    case 'filtered_out':
    case 'pending_validation':
    case 'created_later':
    case 'history_expired':
    case 'not_recorded':
      return labelsWithoutDelivery(reason);
  }
}

type ReasonWithoutDelivery =
  | 'not_subscribed'
  | 'subscribed_later'
  | 'filtered_out'
  | 'pending_validation'
  | 'created_later'
  | 'history_expired'
  | 'not_recorded';

function labelsWithoutDelivery(reason: ReasonWithoutDelivery): ExplanationLabels {
  switch (reason) {
    case 'not_subscribed':
      return notSent(t('The webhook does not subscribe to this event type.'));
    case 'subscribed_later':
      return notSent(t('The webhook subscribed to this event type after the event was published.'));
    case 'filtered_out':
      return notSent(t("The event does not match the webhook's filter."));
    case 'pending_validation':
      return notSent(t("The webhook's URL was not validated when the event was published."));
    case 'created_later':
      return notSent(t('The webhook was created after the event was published.'));
    case 'history_expired':
      return {
        label: t('Unknown'),
        tone: 'calm',
        icon: CircleQuestionMark,
        reason: t('Whether the event was sent is not known any more: its history has expired.'),
      };
    case 'not_recorded':
      return notSent(t("This webhook matches now, but didn't when the event was published."));
  }
}

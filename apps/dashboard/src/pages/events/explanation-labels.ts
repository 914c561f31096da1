import { Ban, CircleCheck, CircleMinus, CircleX, Clock, type LucideIcon } from 'lucide-react';
import type { Explanation } from '../../api/types.js';
import type { Tone } from '../../components/badge.js';

interface ExplanationLabels {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  /** The reason as a sentence. */
  reason: string;
}

const notSent = (reason: string): ExplanationLabels => ({
  label: 'Not sent',
  tone: 'calm',
  icon: CircleMinus,
  reason,
});
const dropped = (reason: string): ExplanationLabels => ({
  label: 'Dropped',
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
        label: 'Delivered',
        tone: 'good',
        icon: CircleCheck,
        reason: 'The endpoint accepted the event.',
      };
    case 'retrying':
      return {
        label: 'Retrying',
        tone: 'busy',
        icon: Clock,
        reason: 'The last attempt failed. A retry is scheduled.',
      };
    case 'pending':
      return {
        label: 'Pending',
        tone: 'busy',
        icon: Clock,
        reason: 'The first attempt has not finished yet.',
      };
    case 'failed':
      return {
        label: 'Failed',
        tone: 'bad',
        icon: CircleX,
        reason: 'The delivery failed and will not be retried automatically.',
      };
    case 'suspended':
      return matched
        ? dropped('The webhook was suspended before delivery.')
        : notSent('The webhook was suspended when the event was published.');
    case 'deleted':
      return dropped('The webhook was deleted before delivery.');
    case 'replay_cancelled':
      return dropped('The replay was cancelled before delivery.');
    case 'not_subscribed':
      return notSent('The webhook does not subscribe to this event type.');
    case 'subscribed_later':
      return notSent('The webhook subscribed to this event type after the event was published.');
    case 'filtered_out':
      return notSent("The event does not match the webhook's filter.");
    case 'pending_validation':
      return notSent("The webhook's URL was not validated when the event was published.");
    case 'created_later':
      return notSent('The webhook was created after the event was published.');
    case 'not_recorded':
      return notSent("This webhook matches now, but didn't when the event was published.");
  }
}

import { Ban, CircleCheck, CircleMinus, CircleX, Clock, type LucideIcon } from 'lucide-react';
import type { Explanation } from '../../api/types.js';
import type { Tone } from '../../components/badge.js';

interface ExplanationLabels {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  /** The reason, as a sentence. */
  why: string;
}

const notSent = (why: string): ExplanationLabels => ({
  label: 'Not sent',
  tone: 'calm',
  icon: CircleMinus,
  why,
});
const dropped = (why: string): ExplanationLabels => ({ label: 'Dropped', tone: 'calm', icon: Ban, why });

/** Why an event went to a webhook or did not, in words. */
export function explanationLabels({
  reason,
  matched,
}: Pick<Explanation, 'reason' | 'matched'>): ExplanationLabels {
  switch (reason) {
    case 'delivered':
      return { label: 'Delivered', tone: 'good', icon: CircleCheck, why: 'The receiver took it.' };
    case 'retrying':
      return {
        label: 'Retrying',
        tone: 'busy',
        icon: Clock,
        why: 'The receiver has not taken it yet. It is tried again.',
      };
    case 'pending':
      return { label: 'Pending', tone: 'busy', icon: Clock, why: 'It is on its way.' };
    case 'failed':
      return {
        label: 'Failed',
        tone: 'bad',
        icon: CircleX,
        why: 'The receiver did not take it, and it was given up.',
      };
    case 'suspended':
      return matched
        ? dropped('The webhook was suspended before it was delivered.')
        : notSent('The webhook was suspended when the event was published.');
    case 'deleted':
      return dropped('The webhook was deleted before it was delivered.');
    case 'replay_cancelled':
      return dropped('The replay that it was part of was cancelled.');
    case 'not_subscribed':
      return notSent('The webhook does not subscribe to this type.');
    case 'subscribed_later':
      return notSent('The webhook subscribed to this type after the event was published.');
    case 'filtered_out':
      return notSent("The data do not fit the webhook's filter.");
    case 'pending_validation':
      return notSent("The webhook's URL was not validated when the event was published.");
    case 'created_later':
      return notSent('The webhook was created after the event was published.');
    case 'not_recorded':
      return notSent(
        'As the webhook is now it would get it: it was set up differently when the event was published.',
      );
  }
}

import type { Delivery } from '../../api/types.js';

interface Words {
  /** A few words, for a list. */
  brief: string;
  /** Sentences: what happened, and what helps. */
  full: string;
}

/** By the reasons of the API. */
const REASONS: Record<string, Words> = {
  exhausted: {
    brief: 'Retries used up',
    full: 'The receiver did not take it at any attempt, and all retries are used up. Once the receiver works again, deliver it again.',
  },
  gone: {
    brief: 'Receiver is gone',
    full: 'The receiver answered 410 Gone: it wants nothing more. Its webhook was suspended for that.',
  },
  blocked_address: {
    brief: 'Address not allowed',
    full: 'The URL leads to an address that Posthorn may not send to, such as one of its own network. Another attempt cannot help before the URL or the rules for outbound requests change.',
  },
  invalid_url: {
    brief: 'URL not allowed',
    full: 'Posthorn may not send to the URL of the webhook. Another attempt cannot help before the URL or the rules for outbound requests change.',
  },
  crashed: {
    brief: 'Given up after crashes',
    full: 'The workers that tried to deliver it ended unexpectedly many times in a row, so that it was given up.',
  },
  payload_expired: {
    brief: 'Event has aged out',
    full: 'The data of the event are not kept any more, so that there is nothing left to send.',
  },
  suspended: {
    brief: 'Webhook was suspended',
    full: 'The webhook was suspended before it was delivered. A reactivation brings nothing back by itself: deliver it again if it is still wanted.',
  },
  deleted: { brief: 'Webhook was deleted', full: 'The webhook was deleted before it was delivered.' },
  replay_cancelled: {
    brief: 'Replay was cancelled',
    full: 'The replay that it was part of was cancelled before it was delivered.',
  },
};

/** Why it was dropped or given up; null if neither. A reason that is not known here stands for itself. */
export function reasonLabels({ reason }: Pick<Delivery, 'reason'>): Words | null {
  if (reason === null) return null;
  return REASONS[reason] ?? { brief: reason, full: `Reason: ${reason}.` };
}

import {
  currentMoment,
  type Moment,
  PosthornError,
  readFreshness,
  repeatWhileStale,
  type SentOutcome,
  reason,
} from '@posthorn/core';
import type { OutboundMessage, Sender } from '@posthorn/outbound';

interface ConditionalRequest {
  request: OutboundMessage;
  /** When the read began that the request is based on. */
  readAt: Moment;
  /** Reads again; false if the webhook has changed so that the request must not be sent. */
  isUnchanged: () => Promise<boolean>;
}

/**
 * Sends a request, provided that its webhook has not changed since it was read.
 *
 * @throws PosthornError `conflict` if the webhook has changed, `unavailable` if PostgreSQL is too slow to check
 */
export async function sendIfUnchanged(
  { request, readAt, isUnchanged }: ConditionalRequest,
  sender: Pick<Sender, 'send'>,
): Promise<SentOutcome> {
  let firstRead: Moment | null = readAt;
  /** The connection would report it as a failure of the receiver. */
  let failedRead: unknown;

  async function readAgain(): Promise<Moment | null> {
    const startedAt = currentMoment();
    failedRead = undefined;
    try {
      return (await isUnchanged()) ? startedAt : null;
    } catch (error) {
      failedRead = error;
      return null;
    }
  }

  async function attempt(): Promise<SentOutcome | 'stale'> {
    const lastRead = firstRead ?? (await readAgain());
    firstRead = null;
    if (failedRead !== undefined) throw failedRead;
    if (!lastRead) throw webhookChanged();
    const freshness = readFreshness({ readAt: lastRead, now: currentMoment, readAgain });
    const outcome = await sender.send({ ...request, ...freshness });
    return outcome.kind === 'not_started' ? 'stale' : outcome;
  }

  const outcome = await repeatWhileStale(attempt);
  if (outcome !== 'stale') return outcome;
  throw new PosthornError('unavailable', {
    detail: 'The request was not sent: the service responds too slowly. Retry shortly.',
  });
}

export function webhookChanged(): PosthornError {
  return new PosthornError('conflict', {
    reason: reason('webhook_changed'),
  });
}

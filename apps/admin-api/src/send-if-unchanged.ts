import { PosthornError, readFreshness, repeatWhileStale, type SentOutcome } from '@posthorn/core';
import type { OutboundRequest, Sender } from '@posthorn/outbound';

export interface ConditionalRequest {
  request: OutboundRequest;
  /** When the read began that the request is based on, by performance.now(). */
  readAtMs: number;
  /** Reads again; false if the webhook has changed so that the request must not be sent. */
  isUnchanged: () => Promise<boolean>;
}

/**
 * Sends a request, provided that its webhook has not changed since it was read.
 *
 * @throws PosthornError `conflict` if the webhook has changed, `unavailable` if PostgreSQL is too slow to check
 */
export async function sendIfUnchanged(
  { request, readAtMs, isUnchanged }: ConditionalRequest,
  sender: Pick<Sender, 'send'>,
): Promise<SentOutcome> {
  let nextReadAtMs: number | null = readAtMs;

  async function attempt(): Promise<SentOutcome | 'stale'> {
    let freshSinceMs = nextReadAtMs;
    nextReadAtMs = null;
    if (freshSinceMs === null) {
      freshSinceMs = performance.now();
      if (!(await isUnchanged())) throw changed();
    }
    const freshness = readFreshness({
      readAtMs: freshSinceMs,
      monotonicMs: () => performance.now(),
      isUnchanged,
    });
    const outcome = await sender.send({ ...request, ...freshness });
    return outcome.kind === 'not_started' ? 'stale' : outcome;
  }

  const outcome = await repeatWhileStale(attempt);
  if (outcome !== 'stale') return outcome;
  throw new PosthornError('unavailable', { detail: 'PostgreSQL responds too slowly. Try again later.' });
}

function changed(): PosthornError {
  return new PosthornError('conflict', {
    detail: 'The webhook was changed before the request was sent. Try again.',
  });
}

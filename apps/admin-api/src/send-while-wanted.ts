import { PosthornError, type SentOutcome, startPermission } from '@posthorn/core';
import type { OutboundRequest, Sender } from '@posthorn/outbound';

export interface WantedRequest {
  request: OutboundRequest;
  /** When it was read that the request is wanted, by performance.now(). */
  readAtMs: number;
  /** Reads that again. */
  stillWanted: () => Promise<boolean>;
}

/** Readings in a row that may be too old when the request could start. */
const MAX_READS = 3;

/**
 * Sends a request as long as its webhook is what it was read as.
 *
 * @throws PosthornError `conflict` when the webhook was changed before, `unavailable` when PostgreSQL is too slow to know
 */
export async function sendWhileWanted(
  { request, readAtMs, stillWanted }: WantedRequest,
  sender: Pick<Sender, 'send'>,
): Promise<SentOutcome> {
  let freshAtMs = readAtMs;
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const permission = startPermission({
      readAtMs: freshAtMs,
      monotonicMs: () => performance.now(),
      stillWanted,
    });
    const outcome = await sender.send({ ...request, ...permission });
    if (outcome.kind !== 'not_started') return outcome;
    freshAtMs = performance.now();
    if (!(await stillWanted())) {
      throw new PosthornError('conflict', { detail: 'the webhook was changed before it was sent to' });
    }
  }
  throw new PosthornError('unavailable', { detail: 'PostgreSQL takes too long to answer' });
}

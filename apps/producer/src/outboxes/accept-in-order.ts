import { groupCommit } from '@posthorn/core';
import type { Acceptor, PublishResult, IncomingEvent } from '@posthorn/fanout';

/**
 * Returns a function that accepts an event, for which those that are passed at once are one call, so that they keep their order. The next
 * call begins when all of them are accepted.
 * @param maxEvents the most events that are passed at once
 */
export function acceptInOrder(
  acceptor: Pick<Acceptor, 'acceptEach'>,
  maxEvents: number,
): (event: IncomingEvent) => Promise<PublishResult> {
  const accept = groupCommit((events: IncomingEvent[]) => acceptor.acceptEach(events), {
    maxBatch: maxEvents,
  });
  return async (event) => {
    const result = await accept(event);
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  };
}

import type { CountEvent } from '@posthorn/runtime';
import type { EventDeps } from './deps.js';

/** Wraps an acceptor to count the outcome of each event. */
export function countAccepted(acceptor: EventDeps['acceptor'], count: CountEvent): EventDeps['acceptor'] {
  return {
    async accept(event) {
      const accepted = await acceptor.accept(event);
      count('http', accepted.status);
      return accepted;
    },
    async acceptAll(events) {
      const results = await acceptor.acceptAll(events);
      for (const { status } of results) count('http', status);
      return results;
    },
    assertShortWait: acceptor.assertShortWait,
  };
}

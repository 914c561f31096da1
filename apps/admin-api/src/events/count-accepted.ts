import type { AcceptHook } from '@posthorn/fanout';
import type { CountEvent } from '@posthorn/runtime';

/** Counts the outcome of each event. */
export const countAccepted = (count: CountEvent): AcceptHook => ({
  after(_events, results) {
    for (const { status } of results) count('http', status);
  },
});

import { PosthornError } from '@posthorn/core';
import type { RememberedKey } from '@posthorn/database/events';
import type { FailedResult } from './publish-result.js';
import type { IncomingEvent, KeyCheck } from './incoming-event.js';

type Item = { event: Pick<IncomingEvent, 'keyCheck'> };

/** Returns the keys that the statement of a batch has to check. */
export function keysToCheck(batch: readonly Item[]): RememberedKey[] {
  return [...new Set(batch.flatMap(({ event }) => (isPending(event.keyCheck) ? event.keyCheck.key : [])))];
}

/** Settles the checks that the statement of a batch has made. */
export function settleChecks(batch: readonly Item[], refusedKeyIds: readonly string[]): void {
  for (const { event } of batch) {
    if (!isPending(event.keyCheck)) continue;
    const isRefused = refusedKeyIds.includes(event.keyCheck.key.id);
    // When a key is refused, nothing is stored, and the statement that is repeated checks the other keys again.
    if (isRefused) event.keyCheck.state = 'refused';
    else if (refusedKeyIds.length === 0) event.keyCheck.state = 'active';
  }
}

const isPending = (check: KeyCheck | undefined): check is KeyCheck => check?.state === 'pending';

/** Returns the result of an event whose key is refused, or null. */
export function refusalOf({ keyCheck }: Pick<IncomingEvent, 'keyCheck'>): FailedResult | null {
  return keyCheck?.state === 'refused'
    ? { status: 'failed', error: new PosthornError('unauthorized') }
    : null;
}

import { groupCommit } from '@posthorn/core';

/** Longer than a statement on a batch takes, in milliseconds. */
const LATE_AFTER_MS = 1000;

/**
 * Batches a statement over all deliveries in flight. If it fails with an error that is not transient, only the item that is the cause
 * rejects. One that gets no response delays the deliveries of its batch, and no others for longer than a second.
 */
export const batchStatement = <Item, Result>(
  flush: (items: Item[]) => Promise<Result[]>,
): ((item: Item) => Promise<Result>) =>
  groupCommit(flush, { isItemError: () => true, lateAfterMs: LATE_AFTER_MS });

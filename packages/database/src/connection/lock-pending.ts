import { type LockedRows, SKIPS_LOCKED, WAITS_BRIEFLY } from './locked-rows.js';

/**
 * Returns a query that locks pending deliveries and returns their ids. Ordered by id: two statements that change the same
 * deliveries wait for each other instead of deadlocking.
 *
 * @param ids an array expression
 */
export const lockPending = (ids: string, lockedRows: LockedRows): string =>
  `SELECT id FROM pending_delivery WHERE id = ANY (${ids}) AND ${WAITS_BRIEFLY} ORDER BY id FOR UPDATE ${SKIPS_LOCKED[lockedRows]}`;

/** Returns a query for the pending deliveries that `lockPending` skipped, in a statement with its rows as `locked`. */
export const skippedBy = (locked: string, ids: string): string =>
  `SELECT id FROM pending_delivery WHERE id = ANY (${ids}) AND id NOT IN (SELECT id FROM ${locked})`;

/**
 * Returns a query that locks pending deliveries and returns their ids. Ordered by id: two statements that change the same
 * deliveries wait for each other instead of deadlocking.
 *
 * @param ids an array expression
 */
export const lockPending = (ids: string): string =>
  `SELECT id FROM pending_delivery WHERE id = ANY (${ids}) ORDER BY id FOR UPDATE`;

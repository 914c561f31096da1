/**
 * Returns a query that locks deliveries and returns their ids. Ordered by id: two statements that change the same deliveries
 * wait for each other instead of deadlocking.
 *
 * @param ids an array expression
 */
export const lockDeliveries = ({ ids, condition }: { ids: string; condition: string }): string =>
  `SELECT id FROM delivery WHERE id = ANY (${ids}) AND ${condition} ORDER BY id FOR UPDATE`;

import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

const LIST = `
SELECT ${DUE_DELIVERY_COLUMNS}, d.next_attempt_at FROM delivery d
WHERE status = 'pending' AND NOT parked AND NOT held
  AND next_attempt_at <= coalesce(now() - $1::double precision * interval '1 ms', 'infinity') AND (next_attempt_at, id) > ($2, $3)
ORDER BY next_attempt_at, id
LIMIT $4`;

/** A delivery that must have a job, with its position in the list. */
export interface ListedDelivery extends DueDelivery {
  dueAt: Date;
}

/**
 * Returns a page of the deliveries that have been due for at least `overdueMs`, or of all deliveries that are neither parked nor
 * held if it is null, oldest first. `after` is the last delivery of the previous page.
 */
export async function listDueDeliveries(
  pool: pg.Pool,
  page: { overdueMs: number | null; after: ListedDelivery | null; limit: number },
): Promise<ListedDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow & { next_attempt_at: Date }>(LIST, [
    page.overdueMs,
    page.after?.dueAt ?? new Date(0),
    page.after?.id ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  ]);
  return rows.map((row) => Object.assign(toDueDelivery(row), { dueAt: row.next_attempt_at }));
}

import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

// Reads the primary key: an index on due times would cost an entry for each delivery.
const LIST = `
SELECT ${DUE_DELIVERY_COLUMNS} FROM pending_delivery d
WHERE NOT parked AND NOT held
  AND next_attempt_at <= coalesce(now() - $1::double precision * interval '1 ms', 'infinity') AND id > $2
ORDER BY id
LIMIT $3`;

/**
 * Returns a page of the deliveries that have been due for at least `overdueMs`, or of all deliveries that are neither parked nor
 * held if it is null, oldest first. `after` is the last delivery of the previous page.
 */
export async function listDueDeliveries(
  pool: pg.Pool,
  page: { overdueMs: number | null; after: DueDelivery | null; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(LIST, [
    page.overdueMs,
    page.after?.id ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  ]);
  return rows.map(toDueDelivery);
}

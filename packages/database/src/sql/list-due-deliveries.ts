import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

const LIST = `
SELECT ${DUE_DELIVERY_COLUMNS} FROM delivery d
WHERE status = 'pending' AND NOT parked AND NOT held
  AND next_attempt_at <= $1 AND (next_attempt_at, id) > ($2, $3)
ORDER BY next_attempt_at, id
LIMIT $4`;

/** Returns a page of the deliveries that must have a job, oldest first. `after` is the last delivery of the previous page. */
export async function listDueDeliveries(
  pool: pg.Pool,
  page: { dueBefore: Date; after: DueDelivery | null; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(LIST, [
    page.dueBefore,
    page.after?.dueAt ?? new Date(0),
    page.after?.id ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  ]);
  return rows.map(toDueDelivery);
}

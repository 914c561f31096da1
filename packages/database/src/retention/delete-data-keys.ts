import type pg from 'pg';

/** The first id of two days after a month: the ids of what was stored in it are before. They may be a day ahead. */
const AFTER_MONTH = `posthorn_uuid_floor((k.month + interval '1 month' + interval '2 days') AT TIME ZONE 'UTC')`;

/** What data keys seal, and the events and deliveries that it belongs to. */
const USES = [
  ['event', 'id'],
  ['event_payload', 'event_id'],
  ['unsettled_payload', 'event_id'],
  ['pending_delivery', 'id'],
  ['settled_delivery', 'id'],
  ['earlier_attempt', 'id'],
  ['rejected_event', 'id'],
] as const;

const DELETE = `
DELETE FROM payload_key WHERE month IN (
  SELECT k.month FROM (SELECT DISTINCT month FROM payload_key WHERE month IS NOT NULL) AS k
  WHERE (k.month + interval '1 month' + interval '2 days') AT TIME ZONE 'UTC' < $1::timestamptz
    ${USES.map(([table, id]) => `AND NOT EXISTS (SELECT FROM ${table} u WHERE u.${id} < ${AFTER_MONTH})`).join('\n    ')}
)`;

/** Deletes the data keys of months of which nothing is left that they may have sealed. Returns how many. */
export async function deleteDataKeys(pool: pg.Pool, now: Date): Promise<number> {
  return (await pool.query(DELETE, [now])).rowCount ?? 0;
}

import { LAST_ID } from '../ids/last-id.js';

/** SQL: the id of the oldest event; null without any. */
export const OLDEST_EVENT_ID = `(SELECT id FROM event ORDER BY id LIMIT 1)`;

/**
 * SQL: the smallest id from which on every event exists: the first of the last days without a gap between their partitions. Payloads
 * expire by day, oldest first, but a day is kept while a delivery of it is pending. So later days can be gone.
 */
export const COMPLETE_FROM_ID = `(
  SELECT coalesce(posthorn_uuid_floor(max(day)::timestamp AT TIME ZONE 'UTC'), ${LAST_ID}) FROM (
    SELECT day, day - lag(day) OVER (ORDER BY day) AS days_after FROM (
      SELECT to_date(right(relname::text, 8), 'YYYYMMDD') AS day FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = 'event'::regclass AND relname ~ '_\\d{8}$'
    ) AS daily
  ) AS days
  WHERE days_after IS DISTINCT FROM 1
)`;

/** Condition: the event of a delivery `d` exists. Looks it up. For a join, the planner may read all partitions. */
export const EVENT_EXISTS = `(SELECT true FROM event WHERE event.id = d.event_id LIMIT 1)`;

/** Condition: the event of a delivery `d` exists. Looks up only events of days before a gap, which usually are none. */
export const HAS_EVENT = `(d.event_id >= ${OLDEST_EVENT_ID} AND (d.event_id >= ${COMPLETE_FROM_ID} OR ${EVENT_EXISTS}))`;

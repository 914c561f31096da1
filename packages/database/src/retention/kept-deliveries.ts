import { LAST_ID } from '../ids/last-id.js';

/**
 * WITH queries, the last of which, `kept`, has the first id of a delivery that is kept, by class of history: those of earlier days have
 * expired, unless others of their day are pending. The days without a gap before the last one count.
 */
export const KEPT_DELIVERIES = `daily AS (
  SELECT t.history_class, to_date(substring(p.relname FROM '_(\\d{8})$'), 'YYYYMMDD') AS day
  FROM daily_table t JOIN pg_inherits i ON i.inhparent = t.name::regclass JOIN pg_class p ON p.oid = i.inhrelid
  WHERE t.name LIKE 'settled_delivery%'
), kept AS MATERIALIZED (
  SELECT history_class, coalesce(posthorn_uuid_floor((
    max(day) FILTER (WHERE (history_class, day - 1) NOT IN (SELECT history_class, day FROM daily WHERE day IS NOT NULL))
  )::timestamp AT TIME ZONE 'UTC'), ${LAST_ID}) AS first_id
  FROM daily GROUP BY history_class
)`;

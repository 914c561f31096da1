import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from '../connection/lock-timeout.js';
import { DROP_LOCK_TIMEOUT_MS } from './drop-expired-partitions.js';
import { listDetachedPayloads } from './list-detached-payloads.js';

interface DroppedPayloads {
  /** The number of days whose payloads were dropped. */
  days: number;
  /** The number of payloads that were kept for pending deliveries. */
  kept: number;
  /** The day whose lock timed out behind a slow query. The next run retries it and those after it. */
  timedOut: string | null;
}

/** Days whose payloads have expired, oldest first. */
const EXPIRED = `
SELECT DISTINCT to_date(right(relname::text, 8), 'YYYYMMDD')::text AS day
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent IN ('event_payload'::regclass, 'event_payload_value'::regclass) AND relname ~ '_\\d{8}$'
  AND to_date(right(relname::text, 8), 'YYYYMMDD') < $1::date
ORDER BY 1`;

/** Maximum number of pending deliveries that one statement looks up. */
const CHUNK = 5000;

/** Copies the payloads of pending deliveries from a detached table. They stay in it until it is dropped, so that they can be read throughout. */
const keepPending = (table: string) => `
WITH page AS MATERIALIZED (
  SELECT id, event_id FROM pending_delivery WHERE id > $1 ORDER BY id LIMIT ${CHUNK}
), kept AS (
  INSERT INTO unsettled_payload (event_id, body, deflated_body, context)
  SELECT p.event_id, p.body, p.deflated_body, p.context
  FROM (SELECT DISTINCT event_id FROM page) AS d
  -- LATERAL … LIMIT 1 forces a lookup per event, regardless of statistics.
  CROSS JOIN LATERAL (SELECT * FROM ${table} t WHERE t.event_id = d.event_id LIMIT 1) AS p
  ORDER BY p.event_id
  ON CONFLICT DO NOTHING
  RETURNING event_id
)
SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*) FROM kept)::integer AS kept`;

/**
 * Moves expired payloads from the default partition, where they would not expire with a day: a missing partition is rare. Those without
 * pending deliveries are deleted there.
 */
const MOVE_FROM_DEFAULT = `
WITH moved AS (
  DELETE FROM event_payload_default
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_payload_default WHERE expires_on < $1::date LIMIT ${CHUNK})) AND expires_on < $1::date
  RETURNING event_id, body, deflated_body, context
), kept AS (
  INSERT INTO unsettled_payload (event_id, body, deflated_body, context) SELECT * FROM moved ON CONFLICT DO NOTHING
)
SELECT count(*)::integer AS moved FROM moved`;

/** Before the smallest id. */
const START = '00000000-0000-0000-0000-000000000000';

/**
 * Drops the payloads, and their search values, that expired before a day. Reads and writes continue: the partitions are detached under
 * a short lock, and dropped once the payloads of pending deliveries have been copied. Safe to interrupt: the next run completes it.
 * @param today the first day (UTC) that is kept, as `2031-05-30`
 */
export async function dropExpiredPayloads(pool: pg.Pool, today: string): Promise<DroppedPayloads> {
  const result: DroppedPayloads = { days: 0, kept: 0, timedOut: null };
  const { rows: expired } = await pool.query<{ day: string }>(EXPIRED, [today]);
  for (const day of [null, ...expired.map((row) => row.day)]) {
    try {
      if (day !== null) await withLockTimeout(pool, `SELECT posthorn_detach_payloads('${day}')`);
      result.kept += await dropDetached(pool);
      if (day !== null) result.days += 1;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      return { ...result, timedOut: day ?? 'detached' };
    }
  }
  while ((await pool.query<{ moved: number }>(MOVE_FROM_DEFAULT, [today])).rows[0]?.moved === CHUNK);
  return result;
}

/** Drops the detached tables. Returns the number of payloads that were copied before. */
async function dropDetached(pool: pg.Pool): Promise<number> {
  const { payloads, values } = await listDetachedPayloads(pool);
  let kept = 0;
  for (const name of payloads) kept += await keepPendingOf(pool, name);
  for (const name of [...payloads, ...values])
    await pool.query(`SET LOCAL lock_timeout = ${DROP_LOCK_TIMEOUT_MS}; DROP TABLE IF EXISTS ${name}`);
  return kept;
}

async function keepPendingOf(pool: pg.Pool, table: string): Promise<number> {
  let kept = 0;
  for (let after: string | null = START; after !== null;) {
    const { rows }: pg.QueryResult<{ last: string | null; kept: number }> = await pool.query(
      keepPending(table),
      [after],
    );
    kept += rows[0]?.kept ?? 0;
    after = rows[0]?.last ?? null;
  }
  return kept;
}

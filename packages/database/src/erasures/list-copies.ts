import { SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import type { RunningErasure } from './erasure.js';

/** Rows that one statement reads. */
const PAGE = 1000;

/** The time in the id of a copy, when what it reports happened. */
const TIME_OF_ID = `to_timestamp(('x' || left(translate(event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/**
 * WITH queries that list the rows of `copies`, of event_copy, among the events of the erasure `current`. A copy that is not stored yet, because
 * a process holds it in memory, is stored as an erased event: its process then finds it a duplicate.
 */
const LISTED = `stored AS (
  INSERT INTO event (id, tenant_id, type, published_at, deflated_body)
  SELECT event_id, tenant_id, type, ${TIME_OF_ID}, int4send(0) FROM copies, current ORDER BY event_id
  ON CONFLICT DO NOTHING
), listed AS (
  INSERT INTO erasure_event (erasure_id, event_id) SELECT current.id, event_id FROM copies, current
  ON CONFLICT DO NOTHING RETURNING 1
)`;

const LIST_OF_EVENTS = `
WITH page AS MATERIALIZED (
  SELECT event_id FROM erasure_event WHERE erasure_id = $1 AND event_id > $2 ORDER BY event_id LIMIT ${PAGE}
), copies AS MATERIALIZED (
  SELECT c.* FROM page JOIN event_copy c ON c.subject_id = page.event_id
), current AS MATERIALIZED (
  SELECT id FROM erasure WHERE id = $1 AND status = 'running' FOR UPDATE
), ${LISTED}, counted AS (
  UPDATE erasure SET total = total + (SELECT count(*) FROM listed) FROM current WHERE erasure.id = current.id
)
SELECT event_id AS id FROM page ORDER BY event_id DESC LIMIT 1`;

/** Before the smallest id. */
const START = '00000000-0000-0000-0000-000000000000';

/**
 * Lists the operational events about the listed events, whenever these were stored. Comes after a batch has erased the listed events: the
 * ones that are not published yet have no data of them then.
 */
export async function listReports(pool: pg.Pool, { id }: Pick<RunningErasure, 'id'>): Promise<void> {
  for (let after: string | undefined = START; after !== undefined;) {
    const { rows }: pg.QueryResult<{ id: string }> = await pool.query(LIST_OF_EVENTS, [id, after]);
    after = rows[0]?.id;
  }
}

/** A purge that lists the operator's copies of data of the tenant $2. Those that the tenant has are deleted with its events. */
export const LIST_COPIES_OF_TENANT = `removed AS (
  DELETE FROM event_copy WHERE event_id IN (SELECT event_id FROM event_copy WHERE owner_id = $2 LIMIT ${PAGE}) RETURNING *
), copies AS MATERIALIZED (
  SELECT * FROM removed WHERE tenant_id = '${SYSTEM_TENANT_ID}'
), current AS MATERIALIZED (
  SELECT $1::uuid AS id
), ${LISTED}`;

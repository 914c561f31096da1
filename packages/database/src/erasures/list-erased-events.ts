import type pg from 'pg';
import { cooperativeYield, dataTextOf, hasValueAt } from '@posthorn/core';
import { MAX_ID_AHEAD_MS } from '../ids/max-clock-skew.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { isErasedSql } from '../events/stored-body.js';
import type { RunningErasure } from './erasure.js';
import { type BodyRow, readBodies } from './read-bodies.js';

/** Events read by one statement: at most 25 MB. */
const SCANNED = 100;
/** Events whose bodies are not read, because they are erased or later than the call, do not count among these, but here. */
const SCAN_PAGE = 5000;
const INDEXED = 1000;

/** Returns the statement that lists events and moves the cursor, unless another process has moved it. */
const listing = (found: string): string => `
WITH found AS MATERIALIZED (${found}
), current AS MATERIALIZED (
  SELECT id FROM erasure WHERE id = $1 AND phase = $2 AND cursor IS NOT DISTINCT FROM $3::uuid AND status = 'running' FOR UPDATE
), listed AS (
  INSERT INTO erasure_event (erasure_id, event_id) SELECT current.id, found.id FROM current, found
  ON CONFLICT DO NOTHING RETURNING event_id
)
UPDATE erasure SET total = total + (SELECT count(*) FROM listed), cursor = $4
FROM current WHERE erasure.id = current.id`;

const LIST = listing('SELECT unnest($5::uuid[]) AS id');

const READ_INDEXED = `
SELECT v.event_id AS id FROM erasure e
JOIN event_search_value v ON v.tenant_id = e.tenant_id AND v.digest = ANY ($3::uuid[]) AND v.pointer = e.pointer
-- LIMIT 1 forces a lookup per event.
JOIN LATERAL (SELECT published_at FROM event WHERE event.id = v.event_id LIMIT 1) AS p ON p.published_at <= e.covers_until
WHERE e.id = $1 AND v.event_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY v.event_id LIMIT ${INDEXED}`;

/**
 * Ids may be ahead of the time of the publication. Of a page, at most `SCANNED` events are read; if it has fewer, its last event follows without
 * body, so that the next page begins after it.
 */
const READ_EVENTS = `
WITH page AS MATERIALIZED (
  SELECT e.id, e.published_at <= $3 AND NOT ${isErasedSql('e')} AS is_covered FROM event e
  WHERE e.tenant_id = $1 AND e.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    AND e.id < posthorn_uuid_floor($3::timestamptz + interval '${MAX_ID_AHEAD_MS} milliseconds')
  ORDER BY e.id LIMIT ${SCAN_PAGE}
), covered AS MATERIALIZED (
  SELECT id FROM page WHERE is_covered ORDER BY id LIMIT ${SCANNED}
)
SELECT e.id, e.body, e.deflated_body AS "deflatedBody", e.context
FROM covered c CROSS JOIN LATERAL (SELECT * FROM event WHERE event.id = c.id LIMIT 1) AS e
UNION ALL
SELECT id, NULL, NULL, NULL FROM (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last
WHERE (SELECT count(*) FROM covered) < ${SCANNED} AND id NOT IN (SELECT id FROM covered)
ORDER BY 1`;

/** Of an event whose payload has expired. */
const NO_BODY = '{"data":{}}';

/** Lists the next events that the search index has. Returns whether there may be more. */
export async function listIndexed(
  pool: pg.Pool,
  erasure: RunningErasure,
  payloadKeys: PayloadKeys,
): Promise<boolean> {
  const { id, cursor, tenantId, digest } = erasure;
  const digests = (await payloadKeys.searchDigests(tenantId))(digest ?? '');
  const { rows } = await pool.query<{ id: string }>(READ_INDEXED, [id, cursor, digests]);
  return list(pool, erasure, { read: rows, matching: rows });
}

/** Reads the next events of the tenant and lists those with the value. Returns whether there may be more. */
export async function listScanned(
  pool: pg.Pool,
  erasure: RunningErasure,
  payloadKeys: PayloadKeys,
): Promise<boolean> {
  const { tenantId, cursor, coversUntil, pointer, digest } = erasure;
  const { rows } = await pool.query<BodyRow>(READ_EVENTS, [tenantId, cursor, coversUntil]);
  const bodies = await readBodies(pool, rows, payloadKeys);
  const sought = { pointer: pointer ?? '', digest: digest ?? '' };
  const yielder = cooperativeYield();
  const matching: BodyRow[] = [];
  for (const row of rows) {
    const dataText = dataTextOf(bodies.get(row.id) ?? NO_BODY);
    if (await hasValueAt(dataText, sought, yielder)) matching.push(row);
    if (yielder.tick()) await yielder.yield();
  }
  return list(pool, erasure, { read: rows, matching });
}

async function list(
  pool: pg.Pool,
  { id, phase, cursor }: RunningErasure,
  { read, matching }: Record<'read' | 'matching', readonly { id: string }[]>,
): Promise<boolean> {
  const last = read.at(-1);
  if (!last) return false;
  await pool.query(LIST, [id, phase, cursor, last.id, matching.map((event) => event.id)]);
  return true;
}

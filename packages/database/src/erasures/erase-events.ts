import { cooperativeYield, groupBy, scalarDigests } from '@posthorn/core';
import type pg from 'pg';
import { DATA_MODEL } from '../data-model/data-model.js';
import type { Chain } from '../deliveries/chain.js';
import { isOfEvent } from '../ids/of-event.js';
import { settleWithoutAttempt } from '../deliveries/settle-without-attempt.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { erasedBody, isErasedSql } from '../events/stored-body.js';
import { eraseDetached } from './erase-detached.js';
import { eraseKeysOf } from './erase-keys.js';
import { addCounts, type RunningErasure } from './erasure.js';
import { type BodyRow, readBodies } from './read-bodies.js';

/** Events erased at a time: at most 12 MB of bodies are read. */
const BATCH = 50;

/** How long after a delivery was settled a request of it may be in flight, in seconds: a barrier, the longest timeout, and a margin. */
export const IN_FLIGHT_SECONDS = 40;

const READ_LISTED = `
SELECT event_id AS id FROM erasure_event WHERE erasure_id = $1 AND event_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY event_id LIMIT ${BATCH}`;

/** Returns the ids of the deliveries of the events $2 in a table. */
const deliveriesIn = (table: string): string => `
  SELECT d.id FROM unnest($2::uuid[]) AS e (id) CROSS JOIN LATERAL (
    SELECT id FROM ${table} d
    WHERE ${isOfEvent('e.id')}
  ) AS d`;

/** Strict order has an empty key. */
const ERASED_KEY = `CASE WHEN d.ordering_key = '' THEN '' END`;

const DROP = `
WITH found AS MATERIALIZED (${deliveriesIn('pending_delivery')}
), locked AS MATERIALIZED (
  SELECT d.id FROM pending_delivery d JOIN found ON found.id = d.id ORDER BY d.id FOR UPDATE OF d
), removed AS (
  DELETE FROM pending_delivery d USING locked WHERE d.id = locked.id RETURNING d.*
), unkeyed AS (
  SELECT id, event_id, webhook_id, tenant_id, epoch, attempt_count, succeeded_before, replay_id, sequence, ${ERASED_KEY} AS ordering_key, history_class
  FROM removed d
), ${settleWithoutAttempt('unkeyed', { status: `'dropped'`, reason: `'erased'` })}, dropped AS (
  SELECT FROM settled WHERE status = 'dropped'
), counted AS (
  UPDATE erasure SET ${addCounts({ droppedDeliveries: 'dropped' })} WHERE id = $1
)
SELECT (SELECT count(*)::integer FROM dropped) AS dropped, (
  SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('webhookId', webhook_id, 'chain', chain, 'orderingKey', ordering_key)), '[]')
  FROM removed WHERE chain IS NOT NULL
) AS chains`;

interface StoredEvent extends BodyRow {
  /** Null for an event whose row has expired. */
  tenantId: string | null;
}

/** Of those that are not erased. An event without body has expired, as a whole or its payload. */
const READ_BODIES = `
SELECT i.id, e.tenant_id AS "tenantId", e.body, e.deflated_body AS "deflatedBody", e.context
FROM unnest($1::uuid[]) AS i (id) LEFT JOIN LATERAL (SELECT * FROM event WHERE event.id = i.id LIMIT 1) AS e ON true
WHERE e.id IS NULL OR NOT ${isErasedSql('e')}`;

/** How long its history is kept. */
const ERASED_CONTEXT = `CASE WHEN e.context ? 'historyDay' THEN jsonb_build_object('historyDay', e.context -> 'historyDay') END`;

const ERASE = `
WITH locked AS MATERIALIZED (
  SELECT e.* FROM event e WHERE e.id = ANY ($2::uuid[]) AND NOT ${isErasedSql('e')} ORDER BY e.id FOR NO KEY UPDATE
), payloads AS (
  DELETE FROM event_payload p USING locked e WHERE p.event_id = e.id AND p.expires_on = (e.context ->> 'payloadDay')::date
  RETURNING p.event_id, p.context
), unsettled AS (
  DELETE FROM unsettled_payload u USING locked e WHERE u.event_id = e.id RETURNING u.event_id, u.context
), published AS (
  -- What an event was published with is stored with its payload.
  SELECT id, tenant_id, context FROM locked
  UNION ALL
  SELECT e.id, e.tenant_id, p.context FROM locked e
  JOIN (SELECT * FROM payloads UNION ALL SELECT * FROM unsettled) AS p ON p.event_id = e.id
), keys AS (
  DELETE FROM event_idempotency k USING published e
  WHERE k.tenant_id = e.tenant_id AND k.key = e.context ->> 'idempotencyKey' AND k.event_id = e.id
  RETURNING 1
), search_values AS (
  DELETE FROM event_search_value v USING unnest($3::uuid[], $4::uuid[]) AS i (event_id, digest) JOIN locked e ON e.id = i.event_id
  WHERE v.tenant_id = e.tenant_id AND v.digest = i.digest AND v.event_id = i.event_id
  RETURNING 1
), payload_values AS (
  DELETE FROM event_payload_value v USING unnest($3::uuid[], $4::uuid[]) AS i (event_id, digest) JOIN locked e ON e.id = i.event_id
  WHERE v.tenant_id = e.tenant_id AND v.digest = i.digest AND v.event_id = i.event_id
    AND v.expires_on = (e.context ->> 'payloadDay')::date
  RETURNING 1
), all_values AS (
  SELECT FROM search_values UNION ALL SELECT FROM payload_values
), erased AS (
  UPDATE event SET body = NULL, deflated_body = ${erasedBody('e')}, context = ${ERASED_CONTEXT} FROM locked e WHERE event.id = e.id
  RETURNING 1
)
UPDATE erasure SET ${addCounts({ events: 'erased', searchValues: 'all_values', idempotencyKeys: 'keys' })},
  done = done + (SELECT count(*) FROM erased)
WHERE id = $1`;

/** What a receiver responded: the personal columns of an attempt. */
const RESPONSE = DATA_MODEL.earlier_attempt.personal.map((column) => `${column} = NULL`).join(', ');
const HAS_RESPONSE = `(${DATA_MODEL.earlier_attempt.personal.map((column) => `${column} IS NOT NULL`).join(' OR ')})`;

/** Operational events that are not published yet, and the notices made from them. */
const unreported = (table: string): string => `
  UPDATE ${table} SET data = data - 'orderingKey' - 'lastError'
  WHERE data ->> 'eventId' = ANY ($2::text[]) AND data ?| ARRAY['orderingKey', 'lastError']
  RETURNING 1`;

const FORGET = `
WITH found AS MATERIALIZED (${deliveriesIn('delivery')}
), settled AS (
  UPDATE settled_delivery d SET ${RESPONSE}, ordering_key = ${ERASED_KEY} FROM found
  WHERE d.id = found.id AND (${HAS_RESPONSE} OR d.ordering_key <> '')
  RETURNING 1
), earlier AS (
  -- Also of deliveries that have expired: attempts of later days are kept for longer.
  UPDATE earlier_attempt a SET ${RESPONSE} FROM unnest($2::uuid[]) AS e (id)
  WHERE ${isOfEvent('e.id', { row: 'a', id: 'delivery_id' })} AND ${HAS_RESPONSE} RETURNING 1
), attempts AS (
  SELECT FROM settled UNION ALL SELECT FROM earlier
), copies AS (
  -- Made while the table of its day was dropped.
  DELETE FROM unsettled_payload WHERE event_id = ANY ($2::uuid[])
), responses AS (
  DELETE FROM request_idempotency WHERE event_id = ANY ($2::uuid[]) RETURNING 1
), reports AS (${unreported('operational_event')}
), notices AS (${unreported('notice')}
)
UPDATE erasure SET ${addCounts({ attempts: 'attempts', storedResponses: 'responses', reports: 'reports', notices: 'notices' })},
  quiet_at = greatest(quiet_at, (
    SELECT max(d.settled_at) + interval '${IN_FLIGHT_SECONDS} seconds' FROM settled_delivery d JOIN found ON found.id = d.id
  )),
  cursor = CASE WHEN phase = $3 AND cursor IS NOT DISTINCT FROM $4::uuid THEN $5::uuid ELSE cursor END
WHERE id = $1`;

/** The result of a batch. */
interface ErasedBatch {
  hasMore: boolean;
  /** The number of deliveries that were dropped. */
  dropped: number;
  /** Those whose first delivery was dropped. The caller adds the jobs of their next ones. */
  chains: Chain[];
}

const NOTHING = { dropped: 0, chains: [] };

/**
 * Erases the next listed events: first their deliveries are dropped, so that no worker sends them any more, then the event, and last
 * what receivers responded. Each statement can run again.
 */
export async function eraseListed(
  pool: pg.Pool,
  erasure: RunningErasure,
  payloadKeys: PayloadKeys,
): Promise<ErasedBatch> {
  const { id, phase, cursor } = erasure;
  const listed = await pool.query<{ id: string }>(READ_LISTED, [id, cursor]);
  const ids = listed.rows.map((row) => row.id);
  const last = ids.at(-1);
  if (last === undefined) return { hasMore: false, ...NOTHING };
  const { rows: drops } = await pool.query<Omit<ErasedBatch, 'hasMore'>>(DROP, [id, ids]);
  const { rows } = await pool.query<StoredEvent>(READ_BODIES, [ids]);
  const bodies = await readBodies(pool, rows, payloadKeys);
  const values = await searchValuesOf(rows, bodies, payloadKeys);
  await eraseDetached(pool, ids, values);
  const expired = rows.filter((row) => bodies.get(row.id) === null);
  await eraseKeysOf(
    pool,
    erasure,
    expired.map((row) => row.id),
  );
  await pool.query(ERASE, [
    id,
    ids,
    values.map(({ eventId }) => eventId),
    values.map(({ digest }) => digest),
  ]);
  // Again, since a day may have been detached meanwhile.
  await eraseDetached(pool, ids, values);
  await pool.query(FORGET, [id, ids, phase, cursor, last]);
  const [{ dropped, chains } = NOTHING] = drops;
  return { hasMore: true, dropped, chains };
}

/** Returns everything that may be indexed of these events: without a key, and with that of their tenant. Reports may be of another tenant. */
async function searchValuesOf(
  rows: readonly StoredEvent[],
  bodies: Map<string, string | null>,
  payloadKeys: PayloadKeys,
): Promise<{ eventId: string; digest: string }[]> {
  const values: { eventId: string; digest: string }[] = [];
  const yielder = cooperativeYield();
  for (const [tenantId, ofTenant] of groupBy(rows, (row) => row.tenantId)) {
    if (tenantId === null) continue;
    const digestsOf = await payloadKeys.searchDigests(tenantId);
    for (const { id: eventId } of ofTenant) {
      const { digests } = await scalarDigests(bodies.get(eventId) ?? '', yielder);
      for (const digest of digests) {
        for (const indexed of digestsOf(digest)) values.push({ eventId, digest: indexed });
        if (yielder.tick()) await yielder.yield();
      }
    }
  }
  return values;
}

import type pg from 'pg';
import { isUndefinedTable } from '../connection/transient.js';
import { listDetachedPayloads } from '../retention/list-detached-payloads.js';

/** A value that an event can be found by. */
interface EventValue {
  eventId: string;
  digest: string;
}

const ERASE_VALUES = (table: string) => `
DELETE FROM ${table} v USING unnest($1::uuid[], $2::uuid[]) AS i (event_id, digest) JOIN event e ON e.id = i.event_id
WHERE v.tenant_id = e.tenant_id AND v.digest = i.digest AND v.event_id = i.event_id`;

/** With the idempotency keys, which are stored with the payloads. */
const ERASE_PAYLOADS = (table: string) => `
WITH removed AS (
  DELETE FROM ${table} WHERE event_id = ANY ($1::uuid[]) RETURNING event_id, context
)
DELETE FROM event_idempotency k USING removed r JOIN event e ON e.id = r.event_id
WHERE k.tenant_id = e.tenant_id AND k.key = r.context ->> 'idempotencyKey' AND k.event_id = e.id`;

/**
 * Erases the payloads of events in the tables of days that have expired, until they are dropped: a day whose payloads are still needed, or
 * whose lock times out, stays for longer. The payloads are last, since the values are known from them.
 */
export async function eraseDetached(
  pool: pg.Pool,
  eventIds: readonly string[],
  found: readonly EventValue[],
): Promise<void> {
  const { payloads, values } = await listDetachedPayloads(pool);
  for (const table of values)
    await unlessDropped(
      pool.query(ERASE_VALUES(table), [
        found.map(({ eventId }) => eventId),
        found.map(({ digest }) => digest),
      ]),
    );
  for (const table of payloads) await unlessDropped(pool.query(ERASE_PAYLOADS(table), [eventIds]));
}

/** The day names the partition. A detached table has one day. */
const PURGE_PAYLOADS = (table: string) => `
DELETE FROM ${table} p USING (SELECT id, context FROM event WHERE tenant_id = $1 ORDER BY id LIMIT $2) e
WHERE p.event_id = e.id AND p.expires_on = (e.context ->> 'payloadDay')::date`;

/**
 * Deletes the payloads of the first events of a tenant, in the tables of all days. Those of days that have expired are last: a day that is
 * detached meanwhile is among them, or has none of these payloads any more.
 */
export async function purgePayloads(pool: pg.Pool, tenantId: string, limit: number): Promise<void> {
  await pool.query(PURGE_PAYLOADS('event_payload'), [tenantId, limit]);
  const { payloads } = await listDetachedPayloads(pool);
  for (const table of payloads) await unlessDropped(pool.query(PURGE_PAYLOADS(table), [tenantId, limit]));
}

const PURGE_VALUES = (table: string) => `
DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE tenant_id = $1 LIMIT $2)) AND tenant_id = $1`;

/** Deletes the search values of a tenant in the tables of days that have expired, `limit` at a time. */
export async function purgeDetachedValues(pool: pg.Pool, tenantId: string, limit: number): Promise<void> {
  const { values } = await listDetachedPayloads(pool);
  for (const table of values)
    for (let deleted = limit; deleted === limit;)
      deleted = await unlessDropped(pool.query(PURGE_VALUES(table), [tenantId, limit]));
}

/** Returns the number of rows that a statement has changed; 0 if its table has been dropped meanwhile. */
async function unlessDropped(result: Promise<pg.QueryResult>): Promise<number> {
  try {
    return (await result).rowCount ?? 0;
  } catch (error) {
    if (isUndefinedTable(error)) return 0;
    throw error;
  }
}

import type { Pool } from '@posthorn/database/connection';

export const TENANTS = 10_000;
export const WEBHOOKS = 100_000;
/** The webhooks of the largest tenant; the other tenants share the rest. */
const LARGEST = 10_000;
export const LARGEST_TENANT = tenantId(1);
/** Each type has one webhook in a hundred. */
const TYPES = 100;
const DELIVERIES = 1_000_000;
const DAYS = 30;

/** Returns a UUID by number, unlike the ids of the tenants of every installation; SQL creates the same ones. */
function tenantId(number: number): string {
  return `00000000-0000-7000-a000-${number.toString().padStart(12, '0')}`;
}
const TENANT_SQL = (number: string) =>
  `('00000000-0000-7000-a000-' || lpad((${number})::text, 12, '0'))::uuid`;
const WEBHOOK_SQL = (number: string) =>
  `('00000000-0000-7000-9000-' || lpad((${number})::text, 12, '0'))::uuid`;
/** Returns the number of a webhook's tenant. */
const OWNER_SQL = (webhook: string) =>
  `(CASE WHEN ${webhook} <= ${LARGEST} THEN 1 ELSE 2 + ${webhook} % ${TENANTS - 1} END)`;

/** Returns a random tenant, given a random number from 0 to 1. */
export const anyTenant = (random: number): string => tenantId(1 + Math.floor(random * TENANTS));
export const webhookOfLargest = (random: number): string =>
  tenantId(1 + Math.floor(random * LARGEST)).replace('-a000-', '-9000-');

/** Creates 10,000 tenants with 100,000 active webhooks, each with one type of 100, and 1,000,000 past deliveries. */
export async function seedDataset(pool: Pool, from: Date): Promise<void> {
  await pool.query('SELECT posthorn_create_partitions($1, $2)', [from, new Date()]);
  await pool.query(
    `INSERT INTO tenant (id, name) SELECT ${TENANT_SQL('n')}, 'tenant ' || n FROM generate_series(1, ${TENANTS}) AS n`,
  );
  await pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, validated_at)
     SELECT ${WEBHOOK_SQL('n')}, ${TENANT_SQL(OWNER_SQL('n'))}, 'https://receiver.example/' || n, '[]', 10000, 'active', $1, $1
     FROM generate_series(1, ${WEBHOOKS}) AS n`,
    [from],
  );
  await pool.query(
    `INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id)
     SELECT ${TENANT_SQL(OWNER_SQL('n'))}, 'type.' || n % ${TYPES}, ${WEBHOOK_SQL('n')} FROM generate_series(1, ${WEBHOOKS}) AS n`,
  );
  await pool.query(
    `WITH made AS MATERIALIZED (
       SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(moment)::text, 13) FROM 1)::uuid AS id,
         moment, webhook, 'type.' || webhook % ${TYPES} AS type
       FROM (
         SELECT $1::timestamptz + n * interval '${DAYS} days' / ${DELIVERIES + 1} AS moment,
           -- Half of them belong to the largest tenant.
           CASE WHEN n % 2 = 0 THEN 1 + (n * 7919) % ${LARGEST} ELSE 1 + (n * 7919) % ${WEBHOOKS} END AS webhook
         FROM generate_series(1::bigint, ${DELIVERIES}) AS n
       ) AS moments
     ), events AS (
       INSERT INTO event (id, tenant_id, published_at, type, body)
       SELECT id, ${TENANT_SQL(OWNER_SQL('webhook'))}, moment, type, '{}' FROM made
     )
     INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, reason, epoch, attempt_count,
       succeeded_before, attempt_id, started_at, duration_ms, response_status, response_body)
     SELECT id, id, ${WEBHOOK_SQL('webhook')}, ${TENANT_SQL(OWNER_SQL('webhook'))}, moment,
       (CASE WHEN webhook % 50 = 0 THEN 'failed' ELSE 'succeeded' END)::delivery_status,
       CASE WHEN webhook % 50 = 0 THEN 'exhausted' END, 0, 1, false, id, moment, 12, 200, 'ok'
     FROM made`,
    [from],
  );
  await pool.query('VACUUM ANALYZE');
}

import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';

/** The columns and values of each table's rows. */
const TABLES = {
  event: {
    columns: '(id, tenant_id, published_at, type, body)',
    values: `id, tenant_id, moment, 'order.paid', repeat('x', 500)`,
  },
  settled_delivery: {
    columns: `(id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before,
      attempt_id, started_at, duration_ms, response_status, response_body)`,
    values: `id, id, webhook_id, tenant_id, moment, 'succeeded', 0, 1, false, id, moment, 12, 200, 'ok'`,
  },
} as const;

export interface History {
  webhookId: string;
  /** Default: the built-in tenant. */
  tenantId?: string;
  from: Date;
  days: number;
  rows: Record<keyof typeof TABLES, number>;
}

const DAY_MS = 86_400_000;

/** Inserts past rows, evenly over the days. The partitions must exist. */
export async function fillHistory(
  pool: Pool,
  { webhookId, tenantId = DEFAULT_TENANT_ID, from, days, rows }: History,
): Promise<void> {
  for (const [table, { columns, values }] of Object.entries(TABLES)) {
    const perDay = Math.ceil(rows[table as keyof typeof TABLES] / days);
    for (let day = 0; day < days; day += 1) {
      await pool.query(
        `INSERT INTO ${table} ${columns}
         SELECT ${values} FROM (
           SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(moment)::text, 13) FROM 1)::uuid AS id,
             moment, webhook_id, tenant_id
           FROM (
             SELECT $1::timestamptz + n * interval '1 day' / ${perDay + 1} AS moment, $2::uuid AS webhook_id, $3::uuid AS tenant_id
             FROM generate_series(1, ${perDay}) AS n
           ) AS moments
         ) AS made`,
        [new Date(from.getTime() + day * DAY_MS), webhookId, tenantId],
      );
    }
  }
  await pool.query('ANALYZE');
}

/** Inserts the payloads of past events, evenly over the days on which they expire. Creates the partitions. */
export async function fillPayloads(
  pool: Pool,
  { from, days, rows }: { from: Date; days: number; rows: number },
): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    const date = new Date(from.getTime() + day * DAY_MS).toISOString().slice(0, 10);
    await pool.query(
      `SELECT posthorn_create_partition(parent, 'expires_on', day, day::text, (day + 1)::text)
       FROM unnest(ARRAY['event_payload', 'event_payload_value']) AS parent, (SELECT $1::date) AS d (day)`,
      [date],
    );
    await pool.query(
      `INSERT INTO event_payload (expires_on, event_id, body)
       SELECT $1, posthorn_uuidv7(), repeat('x', 500) FROM generate_series(1, $2)`,
      [date, Math.ceil(rows / days)],
    );
  }
}

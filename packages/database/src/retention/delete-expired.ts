import { STANDARD_FORMAT_ID } from '@posthorn/core';
import type pg from 'pg';
import { DATA_MODEL, type ExpiringTable } from '../data-model/data-model.js';
import { isOfEvent } from '../ids/of-event.js';
import { AROUND } from '../usage/counted-usage.js';
import { historyCutoff } from './history-cutoff.js';
import type { RetentionCutoffs } from '../data-model/retention-cutoffs.js';

/** Rows of a table that have expired: `condition` refers to the cutoff of the table as $1. */
interface Expired {
  table: ExpiringTable | `${ExpiringTable}_default`;
  condition: string;
}

/** The start of the first day that is kept, and the smallest id of that day. */
const FIRST_DAY = `$1::date::timestamp AT TIME ZONE 'UTC'`;
const MIN_ID = `posthorn_uuid_floor(${FIRST_DAY})`;

const before = (age: string): string => `$1::timestamptz - interval '${age}'`;

/** As in daily partitions, the last attempt of a delivery is counted before it is deleted. */
const IS_COUNTED = `settled_at < (SELECT counted_until FROM usage_progress) - ${AROUND}`;

/** The event of a pending delivery is kept, as in daily partitions. */
const noPendingDelivery = (eventId: string): string => `NOT EXISTS (
  SELECT FROM pending_delivery d
  WHERE ${isOfEvent(eventId)}
)`;

/** Conditions for the rows of the default partitions, as in daily partitions: the attempts of a pending delivery are kept. */
const HISTORY_HAS_EXPIRED = {
  settled_delivery: `id < ${MIN_ID} AND ${IS_COUNTED}`,
  earlier_attempt: `id < ${MIN_ID} AND NOT EXISTS (SELECT FROM pending_delivery d WHERE d.id = delivery_id)`,
};

const EXPIRED = {
  'expired rows': [
    { table: 'rejected_event', condition: `id < ${MIN_ID}` },
    {
      table: 'replay',
      condition: `recovery_id IS NULL AND status <> 'running' AND finished_at < ${FIRST_DAY}`,
    },
    {
      // With its replays.
      table: 'recovery',
      condition: `created_at < ${FIRST_DAY} AND NOT EXISTS (
        SELECT FROM replay r WHERE r.recovery_id = recovery.id AND r.status = 'running'
      )`,
    },
    // Operational events that could not be published during the whole retention period.
    { table: 'operational_event', condition: `created_at < ${FIRST_DAY}` },
    {
      // LIMIT 1 forces a lookup per event.
      table: 'event_copy',
      condition: `event_id < ${MIN_ID} AND (SELECT true FROM event e WHERE e.id = event_copy.event_id LIMIT 1) IS NULL`,
    },
    {
      // A portal link leads back to its host application for a while after it has expired.
      table: 'api_key',
      // The rights of a person end 12 hours after the last confirmation.
      condition: `(kind = 'session' AND expires_at < $1) OR (kind = 'portal' AND expires_at < ${before('7 days')})
        OR (kind = 'person' AND expires_at < ${before('90 days')})`,
    },
    // A sign-in lasts 10 minutes at most, and a logout is accepted for two.
    { table: 'oidc_logout', condition: `received_at < ${before('1 hour')}` },
  ],
  'expired receipts of erasures': [
    {
      table: 'erasure',
      condition: `status <> 'running' AND id < posthorn_uuid_floor($1::timestamptz)`,
    },
  ],
  'expired stats': [{ table: 'webhook_minute_stats', condition: 'minute < $1' }],
  'expired usage': [{ table: 'usage_day', condition: 'day < $1::date' }],
  // In a daily partition, they would have been dropped with it.
  'expired rows of the default partitions': [
    {
      table: 'settled_delivery_default',
      condition: HISTORY_HAS_EXPIRED.settled_delivery,
    },
    {
      table: 'event_default',
      condition: `id < ${MIN_ID} AND ${noPendingDelivery('event_default.id')}`,
    },
    {
      table: 'event_search_value_default',
      condition: `event_id < ${MIN_ID} AND ${noPendingDelivery('event_search_value_default.event_id')}`,
    },
    { table: 'event_payload_value_default', condition: 'expires_on < $1::date' },
    { table: 'earlier_attempt_default', condition: HISTORY_HAS_EXPIRED.earlier_attempt },
  ],
  // No webhook, tenant or retry has used them for a day.
  'unused delivery formats': [
    {
      table: 'delivery_format',
      condition: `used_at < ${before('1 day')}
        AND NOT EXISTS (SELECT FROM webhook w WHERE w.format_id = delivery_format.id)
        AND NOT EXISTS (SELECT FROM tenant t WHERE t.format_id = delivery_format.id)
        AND NOT EXISTS (
          SELECT FROM pending_delivery d
          WHERE d.format_id = delivery_format.id AND d.format_id <> '${STANDARD_FORMAT_ID}'
        )`,
    },
  ],
  'unused addresses of emails': [
    // A removed recipient counts among the additions of a day.
    { table: 'notification_recipient', condition: `removed_at < ${before('1 day')}` },
    {
      // It has no notices. The page of the operator shows when the last message was sent.
      table: 'mailbox',
      condition: `next_at IS NULL AND quiet_until < ${before('30 days')}`,
    },
    {
      // No request for a confirmation within 30 days is left to be counted.
      table: 'confirmation_limit',
      condition: `requested_at[cardinality(requested_at)] < ${before('30 days')}`,
    },
  ],
  // With the stored responses.
  'expired idempotency keys of requests': [
    { table: 'request_idempotency', condition: `created_at < ${before('24 hours')}` },
  ],
} satisfies Record<string, Expired[]>;

/** The tables from which rows are deleted. */
export const EXPIRED_TABLES: ReadonlySet<ExpiringTable> = new Set(
  Object.values(EXPIRED).flatMap((expired) => expired.map(({ table }) => tableOf(table))),
);

export type ExpiredKind = keyof typeof EXPIRED;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
export const EXPIRED_KINDS = Object.keys(EXPIRED) as ExpiredKind[];

/** Deletes all expired rows of a kind. Returns the number of deleted rows by table. */
export async function deleteExpired(
  pool: pg.Pool,
  kind: ExpiredKind,
  cutoffs: RetentionCutoffs,
): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  for (const { table, condition } of EXPIRED[kind]) {
    const statement = deleteChunk(table, condition);
    deleted[table] = await deleteInChunks(
      pool,
      statement,
      cutoffs[DATA_MODEL[tableOf(table)].retention.cutoff],
    );
  }
  return deleted;
}

/** Returns the table of a default partition. */
function tableOf(name: Expired['table']): ExpiringTable {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type says what the name ends with
  return name.replace(/_default$/, '') as ExpiringTable;
}

/** Deletes what has expired from the default partitions of shorter histories. Returns the number of deleted rows by table. */
export async function deleteExpiredHistory(
  pool: pg.Pool,
  cutoffs: RetentionCutoffs,
): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ name: string; kind: keyof typeof HISTORY_HAS_EXPIRED; cutoff: string }>(
    `SELECT t.name, regexp_replace(t.name, '_class_\\d$', '') AS kind, (${historyCutoff({ record: '$1', today: '$2', counted: '$3' })})::text AS cutoff
     FROM daily_table t JOIN history_class c ON c.id = t.history_class`,
    [cutoffs.record, cutoffs.today, cutoffs.counted],
  );
  const deleted: Record<string, number> = {};
  for (const { name, kind, cutoff } of rows) {
    const table = `${name}_default`;
    deleted[table] = await deleteInChunks(pool, deleteChunk(table, HISTORY_HAS_EXPIRED[kind]), cutoff);
  }
  return deleted;
}

/** Maximum number of rows per statement. Keeps locks short. */
const CHUNK = 5000;

/** Checks the condition again for each row: it may have changed while the statement waited for a lock. */
const deleteChunk = (table: string, condition: string): string => `
DELETE FROM ${table}
WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${CHUNK})) AND (${condition})`;

async function deleteInChunks(pool: pg.Pool, statement: string, cutoff: string | Date): Promise<number> {
  for (let deleted = 0; ;) {
    const { rowCount } = await pool.query(statement, [cutoff]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < CHUNK) return deleted;
  }
}

import type pg from 'pg';
import { ERASED_NAME, erasableSql } from '../audit/audit-content.js';
import { DATA_MODEL, type KeyedTable, type Table } from '../data-model/data-model.js';
import { KEPT_DELIVERIES } from '../retention/kept-deliveries.js';
import { purgeDetachedValues, purgePayloads } from './erase-detached.js';
import { LIST_COPIES_OF_TENANT } from './list-copies.js';
import { addCounts, type ErasurePhase, type RunningErasure } from './erasure.js';

const BATCH = 1000;

/** Webhooks whose deletion deletes many other rows. */
const WEBHOOKS = 200;

interface Purge {
  kind: string;
  table: Table;
  /** A WITH query named `removed`, and those before it, on at most `BATCH` rows of the tenant $2. */
  remove: string;
  /** Of rows that stay: the id of the last one, after which the next batch begins. */
  last?: string;
}

/** Rows of a table, as the data model says. */
function rows(kind: string, table: KeyedTable): Purge {
  const {
    tenant,
    purge: { key },
  } = DATA_MODEL[table];
  return {
    kind,
    table,
    remove: `removed AS (
  DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${tenant} = $2 LIMIT ${BATCH}) RETURNING 1
)`,
  };
}

/** Bounds of an id, which lead to a lookup by index, and exclude partitions. */
const withinBatch = (id: string): string =>
  `${id} >= (SELECT id FROM batch ORDER BY id LIMIT 1) AND ${id} <= (SELECT id FROM batch ORDER BY id DESC LIMIT 1)`;

/** Rows of a table that is partitioned by id. The bounds exclude the partitions of other days. */
const partitioned = (kind: string, table: Table, { columns = 'id', also = '' } = {}): Purge => ({
  kind,
  table,
  remove: `batch AS MATERIALIZED (
  SELECT ${columns} FROM ${table} WHERE tenant_id = $2 ORDER BY id LIMIT ${BATCH}
)${also}, removed AS (
  DELETE FROM ${table} d USING batch WHERE d.id = batch.id AND ${withinBatch('d.id')}
  RETURNING 1
)`,
});

const ATTEMPTS = `, attempts AS (DELETE FROM earlier_attempt a USING batch WHERE a.delivery_id = batch.id)`;

/** Those that keys of all tenants got. */
const responsesOf = (eventId: string): string =>
  `, responses AS (DELETE FROM request_idempotency r USING batch WHERE r.event_id = batch.${eventId})`;

/** Payloads of expired days are moved to it: it comes after the tables of days. */
const UNSETTLED = `, unsettled AS (DELETE FROM unsettled_payload u USING batch WHERE u.event_id = batch.id)`;

const OF_ENTRY = erasableSql('action');

/** Has values that are erased. */
const HAS_VALUES = `${OF_ENTRY.hasErasableValues} AND (jsonb_strip_nulls(before) <> '{}' OR jsonb_strip_nulls(after) <> '{}')`;

/** The field names of what was changed stay, without their values. */
const withoutValues = (
  column: string,
): string => `${column} = CASE WHEN ${HAS_VALUES} AND ${column} IS NOT NULL
    THEN coalesce((SELECT jsonb_object_agg(key, NULL::text) FROM jsonb_object_keys(${column}) AS key), '{}') ELSE ${column} END`;

/** Of an operational event: an entry of the audit log that is not published yet. */
const IS_AUDIT = `type LIKE 'posthorn.audit.%'`;

const OF_REPORT = erasableSql('type', 'posthorn.audit.');

/** What leaves the entries, and the names of all actors. */
const WITHOUT_AUDIT_VALUES = `jsonb_build_object('clientAddress', NULL, 'actor', data -> 'actor' || '{"name": "${ERASED_NAME}"}')
    || CASE WHEN ${OF_REPORT.hasErasableValues} THEN '{"before": null, "after": null}'::jsonb ELSE '{}' END
    || CASE WHEN ${OF_REPORT.hasAddressAsTarget} THEN '{"target": "${ERASED_NAME}"}'::jsonb ELSE '{}' END`;

/** What is purged, each after what refers to it. */
const PURGES: readonly Purge[] = [
  {
    kind: 'pending',
    table: 'pending_delivery',
    // LATERAL forces a lookup by index for each webhook.
    remove: `batch AS MATERIALIZED (
  SELECT d.id FROM webhook w CROSS JOIN LATERAL (SELECT id FROM pending_delivery WHERE webhook_id = w.id LIMIT ${BATCH}) d
  WHERE w.tenant_id = $2 LIMIT ${BATCH}
)${ATTEMPTS}, removed AS (DELETE FROM pending_delivery d USING batch WHERE d.id = batch.id RETURNING 1)`,
  },
  // An event may have expired before its deliveries.
  partitioned('deliveries', 'settled_delivery', {
    columns: 'id, event_id',
    also: `${ATTEMPTS}${responsesOf('event_id')}`,
  }),
  {
    kind: 'attempts',
    table: 'earlier_attempt',
    // Those that are left: attempts of later days are kept for longer than their delivery.
    remove: `${KEPT_DELIVERIES}, batch AS MATERIALIZED (
  SELECT a.id FROM kept k CROSS JOIN LATERAL (
    SELECT id FROM earlier_attempt
    WHERE history_class = k.history_class AND delivery_id < k.first_id AND tenant_id = $2 LIMIT ${BATCH}
  ) AS a LIMIT ${BATCH}
), removed AS (DELETE FROM earlier_attempt a USING batch WHERE a.id = batch.id AND ${withinBatch('a.id')} RETURNING 1)`,
  },
  rows('searchValues', 'event_search_value'),
  rows('idempotencyKeys', 'event_idempotency'),
  rows('payloadValues', 'event_payload_value'),
  partitioned('events', 'event', { also: `${responsesOf('id')}${UNSETTLED}` }),
  // Backups have them as well: see docs/data-protection.md.
  rows('dataKeys', 'payload_key'),
  rows('replays', 'replay'),
  rows('recoveries', 'recovery'),
  rows('statistics', 'webhook_minute_stats'),
  rows('recipients', 'notification_recipient'),
  rows('refusedImports', 'refused_import'),
  rows('unsubscriptions', 'unsubscription'),
  {
    kind: 'storedResponses',
    table: 'request_idempotency',
    remove: `removed AS (
  DELETE FROM request_idempotency WHERE (api_key_id, key) IN (
    SELECT r.api_key_id, r.key FROM api_key k JOIN request_idempotency r ON r.api_key_id = k.id WHERE k.tenant_id = $2 LIMIT ${BATCH}
  ) RETURNING 1
)`,
  },
  rows('apiKeys', 'api_key'),
  {
    kind: 'webhooks',
    table: 'webhook',
    // With their subscriptions, validations and mutes.
    remove: `batch AS MATERIALIZED (SELECT id FROM webhook WHERE tenant_id = $2 LIMIT ${WEBHOOKS}
), sequences AS (DELETE FROM webhook_sequence s USING batch WHERE s.webhook_id = batch.id
), removed AS (DELETE FROM webhook w USING batch WHERE w.id = batch.id RETURNING 1)`,
  },
  {
    kind: 'defaultFormats',
    table: 'tenant',
    remove: `removed AS (UPDATE tenant SET format_id = NULL WHERE id = $2 AND format_id IS NOT NULL RETURNING 1)`,
  },
  rows('formats', 'delivery_format'),
  rows('certificates', 'tls_certificate'),
  {
    kind: 'auditEntries',
    table: 'audit_entry',
    remove: `batch AS MATERIALIZED (
  SELECT id FROM audit_entry WHERE tenant_id = $2
    AND id > coalesce((SELECT cursor FROM erasure WHERE id = $1), '00000000-0000-0000-0000-000000000000')
    AND (client_address IS NOT NULL OR actor_tenant_id IS NOT NULL AND actor_name <> '${ERASED_NAME}'
      OR ${OF_ENTRY.hasAddressAsTarget} AND target <> '${ERASED_NAME}' OR ${HAS_VALUES})
  ORDER BY id LIMIT ${BATCH}
), removed AS (
  UPDATE audit_entry SET ${withoutValues('before')}, ${withoutValues('after')}, client_address = NULL, salt = NULL,
    target = CASE WHEN ${OF_ENTRY.hasAddressAsTarget} THEN '${ERASED_NAME}' ELSE target END,
    actor_name = CASE WHEN actor_tenant_id IS NOT NULL THEN '${ERASED_NAME}' ELSE actor_name END
  WHERE tenant_id = $2 AND id IN (SELECT id FROM batch) AND ${withinBatch('id')} RETURNING 1
)`,
    last: 'SELECT id FROM batch ORDER BY id DESC LIMIT 1',
  },
  {
    kind: 'tenants',
    table: 'tenant',
    remove: `removed AS (DELETE FROM tenant WHERE id = $2 AND status = 'deleted' RETURNING 1)`,
  },
  // Nothing is reported any more.
  {
    kind: 'reports',
    table: 'operational_event',
    remove: `removed AS (
  DELETE FROM operational_event WHERE id IN (SELECT id FROM operational_event WHERE tenant_id = $2 AND NOT ${IS_AUDIT} LIMIT ${BATCH}) RETURNING 1
)`,
  },
  {
    kind: 'auditReports',
    table: 'operational_event',
    // They are published without what leaves the entries.
    remove: `removed AS (
  UPDATE operational_event SET data = data || ${WITHOUT_AUDIT_VALUES}
  WHERE tenant_id = $2 AND ${IS_AUDIT} AND data #>> '{actor,name}' <> '${ERASED_NAME}' RETURNING 1
)`,
  },
  rows('notices', 'notice'),
  rows('mailboxes', 'mailbox'),
  { kind: 'copies', table: 'event_copy', remove: LIST_COPIES_OF_TENANT },
  // Of pushes that came in the meantime, too.
  rows('rejectedEvents', 'rejected_event'),
];

/** The tables of which a purge changes rows, in its order. */
export const PURGED_TABLES: readonly Table[] = PURGES.map(({ table }) => table);

/** The phases of a purge, in their order. */
export const PURGE_PHASES: readonly ErasurePhase[] = PURGES.map(({ kind }) => `purge_${kind}` as const);

const EVENTS_DONE = `, done = done + (SELECT count(*) FROM removed), total = greatest(total, done + (SELECT count(*) FROM removed))`;

const STATEMENTS = new Map(
  PURGES.map(({ kind, remove, last }) => [
    `purge_${kind}`,
    `WITH ${remove}, counted AS (
  UPDATE erasure SET ${addCounts({ [kind]: 'removed' })}${kind === 'events' ? EVENTS_DONE : ''}${last === undefined ? '' : `, cursor = (${last})`} WHERE id = $1
)
SELECT count(*)::integer AS count FROM removed`,
  ]),
);

/** Deletes the next rows of the phase. Returns whether there may be more: also before the cursor, which is null again after the last row. */
export async function purgeBatch(
  pool: pg.Pool,
  { id, tenantId, phase, cursor }: Pick<RunningErasure, 'id' | 'tenantId' | 'phase' | 'cursor'>,
): Promise<boolean> {
  const statement = STATEMENTS.get(phase);
  if (statement === undefined) return false;
  // Payloads have no tenant: those of a batch of events are deleted before it.
  if (phase === 'purge_events') await purgePayloads(pool, tenantId, BATCH);
  const { rows: counts } = await pool.query<{ count: number }>(statement, [id, tenantId]);
  // Last, so that a day that is detached meanwhile is among them.
  if (phase === 'purge_payloadValues') await purgeDetachedValues(pool, tenantId, BATCH);
  return (counts[0]?.count ?? 0) > 0 || cursor !== null;
}

// docs/data-protection.md names all columns that can hold personal data, and the statistics of PostgreSQL have no content.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { createPartitions } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const DOCS = path.resolve(import.meta.dirname, '../../../docs/data-protection.md');

/** Columns that hold text or digests, none of a person: names of Posthorn's own, of types and of places in data, keys, and ids. */
const NOT_PERSONAL = new Set([
  'api_key.key_hash',
  'api_key.portal_features',
  'api_key.prefix',
  'api_key.role',
  'api_key.scopes',
  'audit_chain.dropped_hash',
  'audit_chain.last_hash',
  'audit_entry.action',
  'audit_entry.digest',
  'audit_entry.hash',
  'audit_entry.request_id',
  'audit_entry.salt',
  'delivery_format.spec_hash',
  'earlier_attempt.error_code',
  'earlier_attempt.trigger',
  'encryption_key.check_sealed',
  'encryption_key.id',
  'encryption_key.purpose',
  'erasure.counts',
  'erasure.error',
  'erasure.phase',
  'erasure.pointer',
  'event.type',
  'event_payload_value.pointer',
  'event_search_value.pointer',
  'event_type.former_ordering_pointers',
  'event_type.group',
  'event_type.name',
  'event_type.ordering_pointer',
  'event_type.redact',
  'event_type.search_keys',
  'notice.type',
  'operational_event.type',
  'payload_key.sealed_key',
  'pending_delivery.trigger',
  'person_session.refresh_token_sealed',
  'rejected_event.code',
  'refused_import.source',
  'rejected_event.source',
  'replay.event_types',
  'replay.statuses',
  'setting.key',
  'setting.value',
  'settled_delivery.error_code',
  'settled_delivery.reason',
  'settled_delivery.trigger',
  'task_lease.task',
  'tenant.locale',
  'tenant.time_zone',
  'webhook.imported_from',
  'webhook.secrets',
  'webhook_minute_stats.last_error',
  'webhook_mute.audience',
  'webhook_sequence.history',
  'webhook_subscription.pattern',
  'webhook_token.auth_digest',
  'webhook_token.failure_code',
  'webhook_token.token_sealed',
  'webhook_validation.code_hash',
]);

/** Other types are ids, numbers, times, booleans and enums. */
const TEXT_COLUMNS = `
SELECT c.relname || '.' || a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.atttypid IN ('text'::regtype, 'jsonb'::regtype, 'json'::regtype, 'bytea'::regtype, 'text[]'::regtype) OR a.attname = 'digest')
  AND c.relname NOT IN ('_prisma_migrations', 'migration')
ORDER BY 1`;

it('the inventory of personal data names each column that can hold some, and no other', async () => {
  const { rows } = await db.pool.query<{ name: string }>(TEXT_COLUMNS);
  const columns = rows.map(({ name }) => name);
  const [, inventory = ''] = readFileSync(DOCS, 'utf8').split('## Inventory of personal data');
  const named = new Set(Array.from(inventory.matchAll(/`([a-z_]+\.[a-z_]+)`/g), ([, name = '']) => name));
  expect([...NOT_PERSONAL].filter((name) => !columns.includes(name) || named.has(name))).toEqual([]);
  expect([...named].toSorted()).toEqual(columns.filter((name) => !NOT_PERSONAL.has(name)));
});

it('the statistics of PostgreSQL have no values of content, also of partitions that are created later', async () => {
  await createPartitions(db.pool, new Date('2020-01-01'));
  await db.pool.query(`SELECT posthorn_use_history_days(10, current_date, current_date + 1)`);
  const { rows } = await db.pool.query<{ name: string }>(
    `SELECT attrelid::regclass || '.' || attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.attstattarget IS DISTINCT FROM 0
       AND attname IN ('body', 'deflated_body', 'context', 'response_body', 'response_headers', 'error_message', 'payload')`,
  );
  expect(rows).toEqual([]);
  await db.pool.query(
    `INSERT INTO rejected_event (id, source, code, message, payload)
     SELECT posthorn_uuidv7(), 'queue', 'invalid_input', 'no', 'payload-of-a-person' FROM generate_series(1, 5)`,
  );
  await db.pool.query('ANALYZE rejected_event');
  const samples = await db.pool.query<{ column: string }>(
    `SELECT attname AS column FROM pg_stats WHERE tablename = 'rejected_event' ORDER BY 1`,
  );
  expect(samples.rows.map(({ column }) => column)).toEqual([
    'code',
    'created_at',
    'id',
    'source',
    'tenant_id',
  ]);
});

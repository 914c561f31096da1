// The data model in code names each table and each column that can hold text, and docs/data-protection.md those with personal data.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { DATA_MODEL, EVENT_TABLES } from '../src/data-model/data-model.js';
import type { TableModel } from '../src/data-model/table-model.js';
import { PURGED_TABLES } from '../src/erasures/purge-tenant.js';
import { EXPIRED_TABLES } from '../src/retention/delete-expired.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const MODEL: Readonly<Record<string, TableModel>> = DATA_MODEL;
const MODELS = Object.entries(MODEL);

/** Tables, without their partitions and those of the migrations. */
const COLUMNS = `
SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
FROM information_schema.columns c JOIN pg_class t ON t.oid = format('%I', c.table_name)::regclass
WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p') AND NOT t.relispartition
  AND c.table_name NOT IN ('_prisma_migrations', 'migration')
ORDER BY c.table_name, c.column_name`;

interface Column {
  table: string;
  column: string;
  type: string;
}

const readColumns = async () => (await db.pool.query<Column>(COLUMNS)).rows;

/** Other types are ids, numbers, times, booleans and enums. Arrays are of texts, ids, numbers or times. */
const holdsText = ({ column, type }: Column): boolean =>
  ['text', 'jsonb', 'json', 'bytea'].includes(type) || column === 'digest';

/** Columns with the ids of a tenant, or of an event. */
const LEADS_TO_OWNER = /^(?:tenant_id|owner_id|event_id|subject_id)$/;

it('declares each table, and no other', async () => {
  const tables = new Set((await readColumns()).map(({ table }) => table));
  expect(MODELS.map(([table]) => table).toSorted()).toEqual([...tables].toSorted());
});

it('declares each column that can hold text, and no other', async () => {
  const columns = await readColumns();
  const arrays = await db.pool.query<Column>(
    `SELECT c.table, c.column FROM (${COLUMNS}) AS c JOIN pg_attribute a ON a.attrelid = format('%I', c.table)::regclass AND a.attname = c.column
     WHERE a.atttypid = 'text[]'::regtype`,
  );
  const texts = [...columns.filter(holdsText), ...arrays.rows].map(
    ({ table, column }) => `${table}.${column}`,
  );
  const declared = MODELS.flatMap(([table, { personal, impersonal }]) =>
    [...personal, ...impersonal].map((column) => `${table}.${column}`),
  );
  expect(declared.toSorted()).toEqual(texts.toSorted());
});

it('declares how each row leads to its tenant and its event', async () => {
  const columns = await readColumns();
  const names = new Set(columns.map(({ table, column }) => `${table}.${column}`));
  for (const [table, { tenant, event }] of MODELS)
    for (const owner of [tenant, event])
      if (owner !== null) {
        const column = typeof owner === 'string' ? owner : owner.by;
        expect(names).toContain(`${table}.${column}`);
        if (typeof owner !== 'string') expect(MODEL[owner.table]?.tenant).toBe('tenant_id');
      }
  const undeclared = columns.filter(({ table, column }) => {
    const model = MODEL[table];
    return (
      LEADS_TO_OWNER.test(column) &&
      (column.startsWith('event') || column.startsWith('subject') ? model?.event : model?.tenant) === null
    );
  });
  expect(undeclared).toEqual([]);
});

it('the purge has a statement for each table of tenants, or deletes its rows with those that they belong to', () => {
  const purged = MODELS.filter(([, { purge }]) => purge !== 'stays' && purge !== 'with-owner');
  expect([...new Set(PURGED_TABLES)].toSorted()).toEqual(purged.map(([table]) => table).toSorted());
  const staying = MODELS.filter(
    ([, { tenant, purge, personal }]) => tenant !== null && purge === 'stays' && personal.length > 0,
  );
  // Sealed, and with a digest that is removed when an erasure is completed.
  expect(staying.map(([table]) => table)).toEqual(['erasure']);
});

it('the retention has a statement for each table with a cutoff', () => {
  const expiring = MODELS.filter(([, { retention }]) => typeof retention === 'object').map(
    ([table]) => table,
  );
  expect([...EXPIRED_TABLES].toSorted()).toEqual(
    expiring
      // Deleted from the start of its chain, and moved from the default partition.
      .filter((table) => table !== 'audit_entry' && table !== 'event_payload')
      .toSorted(),
  );
});

const documented = (page: string, section: string): string => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs', page), 'utf8');
  return text.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
};

it('the inventory of personal data names each column that can hold some, and no other', () => {
  const inventory = documented('data-protection.md', 'Inventory of personal data');
  const named = new Set(Array.from(inventory.matchAll(/`([a-z_]+\.[a-z_]+)`/g), ([, name = '']) => name));
  const personal = MODELS.flatMap(([table, model]) => model.personal.map((column) => `${table}.${column}`));
  expect([...named].toSorted()).toEqual(personal.toSorted());
});

it('the documented records of an export are those that the tables have', () => {
  const records = Array.from(
    documented('export.md', 'Format').matchAll(/^\| `(\w+)`/gm),
    ([, type = '']) => type,
  );
  const exported = new Set(MODELS.flatMap(([, model]) => model.exported));
  expect([...exported, 'complete'].toSorted()).toEqual(records.toSorted());
});

it('empties the tables of events together, which benchmarks do between rounds', async () => {
  expect(EVENT_TABLES).toEqual(expect.arrayContaining(['event', 'event_copy', 'settled_delivery']));
  expect(EVENT_TABLES).not.toContain('webhook');
  await db.pool.query(`TRUNCATE ${EVENT_TABLES.join(', ')}`);
});

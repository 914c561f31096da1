import path from 'node:path';
import type { Pool } from '@posthorn/database/connection';
import { findInFiles, type Sought } from './sought.js';

/** What to search: the files of the database, or its write-ahead log. */
interface Search {
  pool: Pool;
  /** The folder of the PostgreSQL cluster. */
  cluster: string;
  sought: readonly Sought[];
}

/** Segments of the write-ahead log that are written at most until all old ones are overwritten. */
const MAX_SEGMENTS = 300;

/** Returns the relations whose files have the bytes, with their tables: `sought in relation of table`. */
async function findInRelations({ pool, cluster, sought }: Search): Promise<Found[]> {
  await pool.query('CHECKPOINT');
  const found = await findInFiles(path.join(cluster, 'base'), sought);
  if (found.length === 0) return [];
  const { rows } = await pool.query<{ file: string; relation: string; table: string }>(RELATIONS);
  const relations = new Map(rows.map((row) => [row.file, row]));
  return found.map((text) => {
    const [name = '', file = ''] = text.split(' in ');
    const known = relations.get(`base/${file.replace(/[._].*$/, '')}`);
    return { name, relation: known?.relation ?? file, table: known?.table ?? file };
  });
}

export interface Found {
  name: string;
  relation: string;
  /** The table of an index, or of values that are stored out of line. */
  table: string;
}

const RELATIONS = `
SELECT pg_relation_filepath(c.oid) AS file, c.oid::regclass::text AS relation,
  coalesce(i.indrelid, o.oid, c.oid)::regclass::text AS "table"
FROM pg_class c LEFT JOIN pg_index t ON t.indexrelid = c.oid
LEFT JOIN pg_class o ON o.reltoastrelid = coalesce(t.indrelid, c.oid)
LEFT JOIN pg_index i ON i.indexrelid = c.oid AND o.oid IS NULL
WHERE pg_relation_filepath(c.oid) IS NOT NULL`;

/** Where the bytes still were after each step. */
export interface CleanedFiles {
  afterVacuum: Found[];
  /** Tables that VACUUM FULL has rewritten. */
  rewritten: string[];
  afterRewrite: Found[];
}

/** ANALYZE does not replace those of a table that has become empty: samples of keys and names. */
const CLEAR_STATISTICS = `
SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats WHERE schemaname = 'public'`;

/** Forgets the statistics, which have values of columns, frees the old rows, then rewrites the tables whose files still have the bytes. */
export async function cleanRelations(search: Search): Promise<CleanedFiles> {
  const { pool } = search;
  await pool.query(CLEAR_STATISTICS);
  await pool.query('VACUUM (ANALYZE)');
  const afterVacuum = await findInRelations(search);
  const rewritten = [...new Set(afterVacuum.map(({ table }) => table))];
  for (const table of rewritten) await pool.query(`VACUUM FULL ${table}`);
  return { afterVacuum, rewritten, afterRewrite: await findInRelations(search) };
}

/** Fills segments of the write-ahead log until none has the bytes. Returns how many that took. */
export async function cleanLog({ pool, cluster, sought }: Search): Promise<number> {
  for (let segments = 0; segments < MAX_SEGMENTS; segments += 1) {
    const found = await findInFiles(path.join(cluster, 'pg_wal'), sought);
    if (found.length === 0) return segments;
    await pool.query(`SELECT pg_logical_emit_message(false, 'posthorn', '')`);
    await pool.query('SELECT pg_switch_wal()');
    await pool.query('CHECKPOINT');
  }
  throw new Error(`The write-ahead log still has the bytes after ${MAX_SEGMENTS} segments`);
}

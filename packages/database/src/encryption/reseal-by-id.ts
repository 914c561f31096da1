import { reseal, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { BATCH_SIZE, type ResealedBatch, resealRows } from './resealed.js';
import { keyIdOf } from './sealed-values.js';

interface SealedRow {
  id: string;
  sealed: string;
}

/** A table with one sealed value in each row. */
interface SealedTable<Row extends SealedRow> {
  table: string;
  /** The column of the sealed value. */
  column: string;
  /** The columns of a row, as SQL. */
  columns: string;
  contextOf: (row: Row) => string;
  /** For messages. */
  nameOf: (row: Row) => string;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Seals the values of a table with the first key of the sealer, in the order of their ids. */
export async function* resealById<Row extends SealedRow>(
  pool: pg.Pool,
  sealer: Sealer,
  { table, column, columns, contextOf, nameOf }: SealedTable<Row>,
): AsyncGenerator<ResealedBatch> {
  const read = `
SELECT ${columns} FROM ${table} WHERE id > $2::uuid AND ${keyIdOf(column)} <> $1 ORDER BY id LIMIT ${BATCH_SIZE}`;
  // A row that is locked is left to the next pass: no lock is waited for while others are held.
  const replace = `
WITH locked AS (
  SELECT t.id, r.sealed FROM ${table} t JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS r (id, sealed, read_sealed) ON t.id = r.id
  WHERE t.${column} = r.read_sealed FOR NO KEY UPDATE OF t SKIP LOCKED
)
UPDATE ${table} t SET ${column} = l.sealed FROM locked l WHERE t.id = l.id`;

  async function resealBatch(rows: readonly Row[]): Promise<ResealedBatch> {
    const { readable, unreadable } = resealRows(rows, {
      reseal: (row) => ({ read: row, sealed: reseal(row.sealed, contextOf(row), sealer) }),
      nameOf,
    });
    const { rowCount } = await pool.query(replace, [
      readable.map((each) => each.read.id),
      readable.map(({ sealed }) => sealed),
      readable.map((each) => each.read.sealed),
    ]);
    return { resealed: rowCount ?? 0, unreadable };
  }

  let after: string | undefined = FIRST;
  while (after !== undefined) {
    const { rows }: pg.QueryResult<Row> = await pool.query(read, [sealer.keyId, after]);
    after = rows.at(-1)?.id;
    if (rows.length > 0) yield await resealBatch(rows);
  }
}

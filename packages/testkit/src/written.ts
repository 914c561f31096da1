import type { Pool } from 'pg';

/** What PostgreSQL wrote between two positions of its log, from the log itself. */
export interface Written {
  walBytes: number;
  /** The part of `walBytes` that are whole pages, written once after each checkpoint. */
  fullPageBytes: number;
  indexEntries: number;
  deadInHistory: number;
  deadElsewhere: number;
  records: { relation: string; kind: string; count: number }[];
  /** The most frequent statements since the position was read first. */
  statements: { statement: string; calls: number; meanUs: number }[];
}

/** Rows of these tables are history: written once, then only read. Their partitions have the same name with a day. */
const HISTORY = new Set(['event', 'event_search_value', 'settled_delivery', 'earlier_attempt']);

/**
 * Starts observing what PostgreSQL writes and executes.
 * @returns ends it and returns what was written
 */
export async function observeWrites(pool: Pool): Promise<() => Promise<Written>> {
  await pool.query('CREATE EXTENSION IF NOT EXISTS pg_walinspect');
  await pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await pool.query('SELECT pg_stat_statements_reset()');
  const from = await position(pool);
  return async () => {
    const statements = await frequentStatements(pool);
    const to = await position(pool);
    const records = await countRecords(pool, from, to);
    const total = (of: (record: WalRecord) => boolean) =>
      records.filter(of).reduce((sum, { count }) => sum + count, 0);
    return {
      ...(await walSize(pool, from, to)),
      indexEntries: total(({ kind }) => INDEX_ENTRY.has(kind)),
      deadInHistory: total(({ kind, relation }) => DEAD_TUPLE.has(kind) && HISTORY.has(relation)),
      deadElsewhere: total(({ kind, relation }) => DEAD_TUPLE.has(kind) && !HISTORY.has(relation)),
      records,
      statements,
    };
  };
}

type WalRecord = Written['records'][number];

/** A page split inserts an entry, too. */
const INDEX_ENTRY = new Set(['INSERT_LEAF', 'INSERT_POST', 'SPLIT_L', 'SPLIT_R', 'INSERT']);
const DEAD_TUPLE = new Set(['UPDATE', 'HOT_UPDATE', 'DELETE']);

async function position(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ position: string }>('SELECT pg_current_wal_flush_lsn() AS position');
  return rows[0]?.position ?? '';
}

/** Counts the changes of tables and indexes. A partition counts under the name of its table; block 0 of a record is its target. */
async function countRecords(pool: Pool, from: string, to: string): Promise<WalRecord[]> {
  const { rows } = await pool.query<WalRecord>(
    `SELECT regexp_replace(relname, '_[0-9]{8}', '') AS relation,
            CASE WHEN resource_manager = 'Heap' AND record_type LIKE 'INSERT%' THEN 'ROW'
                 ELSE split_part(record_type, '+', 1) END AS kind,
            count(*)::int AS count
     FROM pg_get_wal_block_info($1, $2, false) AS block
     JOIN pg_class ON pg_relation_filenode(pg_class.oid) = block.relfilenode
     WHERE block_id = 0 AND resource_manager IN ('Heap', 'Heap2', 'Btree', 'Gin', 'Hash', 'BRIN') AND relnamespace = 'public'::regnamespace
     GROUP BY 1, 2 HAVING count(*) > 10 ORDER BY 1, 2`,
    [from, to],
  );
  return rows;
}

async function walSize(
  pool: Pool,
  from: string,
  to: string,
): Promise<Pick<Written, 'walBytes' | 'fullPageBytes'>> {
  const { rows } = await pool.query<{ wal: number; pages: number }>(
    `SELECT pg_wal_lsn_diff($2, $1)::float8 AS wal, sum(fpi_size)::float8 AS pages FROM pg_get_wal_stats($1, $2)`,
    [from, to],
  );
  return { walBytes: rows[0]?.wal ?? 0, fullPageBytes: rows[0]?.pages ?? 0 };
}

async function frequentStatements(pool: Pool): Promise<Written['statements']> {
  const { rows } = await pool.query<Written['statements'][number]>(
    `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS statement, calls::int,
            round(mean_exec_time * 1000)::int AS "meanUs"
     FROM pg_stat_statements WHERE query !~ 'pg_(stat|current)' ORDER BY calls DESC LIMIT 20`,
  );
  return rows;
}

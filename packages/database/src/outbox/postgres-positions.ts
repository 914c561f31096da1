import type pg from 'pg';
import type { OutboxPositions, PositionRange } from './outbox-bound.js';

/**
 * The positions of an outbox in PostgreSQL. A transaction has a number before it draws a position (see `INSTALL_OUTBOX`), so those that have
 * drawn one have lower numbers than a transaction that begins now.
 */
export const postgresPositions = (pool: pg.Pool): OutboxPositions => ({
  first: (range) => findFirst(pool, range),
  async last() {
    const { rows } = await pool.query<{ position: string }>(LAST);
    return rows[0]?.position ?? '0';
  },
  async watchTransactions() {
    // Each call uses a number.
    const { rows } = await pool.query<{ transaction: string }>(NEXT_TRANSACTION);
    return async (range) => {
      const { rows: states } = await pool.query<{ ended: boolean }>(ENDED, [rows[0]?.transaction]);
      return states[0]?.ended ? findFirst(pool, range) : undefined;
    };
  },
});

async function findFirst(pool: pg.Pool, { after, to }: PositionRange): Promise<string | null> {
  const { rows } = await pool.query<{ position: string | null }>(FIRST, [after, to]);
  return rows[0]?.position ?? null;
}

const LAST =
  'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text AS position FROM posthorn.outbox_position_seq';
const NEXT_TRANSACTION = 'SELECT pg_current_xact_id()::text AS transaction';
const ENDED = 'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS ended';
const FIRST =
  'SELECT min(position)::text AS position FROM posthorn.outbox WHERE position > $1 AND position <= $2';

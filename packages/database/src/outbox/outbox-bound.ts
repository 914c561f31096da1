import type pg from 'pg';

/**
 * The position up to which an outbox is empty and stays empty. Reads begin after it: while any transaction of the database keeps an old
 * snapshot, deleted rows cannot be removed, and each read would pass all of them again.
 *
 * A row may become visible after rows with higher positions. But a transaction has a number before it draws a position: once all
 * transactions that had a number after the last position was read have ended, no row at or below that position can appear any more.
 */
export class OutboxBound {
  readonly #pool: pg.Pool;
  #value = '0';
  /** A position, and the lowest transaction number that was not used yet when it was read. */
  #candidate: { position: string; transaction: string } | null = null;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  get value(): string {
    return this.#value;
  }

  /** Starts at the first row again: the database may be another one, or an older state of it. */
  reset(): void {
    this.#value = '0';
    this.#candidate = null;
  }

  /** Raises the bound if possible. Call it from time to time. */
  async advance(): Promise<void> {
    if (this.#candidate && (await this.#hasEnded(this.#candidate.transaction))) {
      const { rows } = await this.#pool.query<{ bound: string }>(LOWEST, [
        this.#value,
        this.#candidate.position,
      ]);
      this.#value = rows[0]?.bound ?? this.#value;
      this.#candidate = null;
    }
    this.#candidate ??= await this.#nextCandidate();
  }

  async #hasEnded(transaction: string): Promise<boolean> {
    const { rows } = await this.#pool.query<{ ended: boolean }>(ENDED, [transaction]);
    return rows[0]?.ended ?? false;
  }

  async #nextCandidate() {
    const last = await this.#pool.query<{ position: string }>(LAST_POSITION);
    const position = last.rows[0]?.position ?? '0';
    // The outbox was truncated or restored.
    if (BigInt(position) < BigInt(this.#value)) this.reset();
    const next = await this.#pool.query<{ transaction: string }>(NEXT_TRANSACTION);
    return { position, transaction: next.rows[0]?.transaction ?? '0' };
  }
}

const LAST_POSITION = 'SELECT last_value AS position FROM posthorn.outbox_position_seq';
const NEXT_TRANSACTION = 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS transaction';
const ENDED = 'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS ended';

const LOWEST = `
SELECT least($2::bigint, (SELECT min(position) FROM posthorn.outbox WHERE position > $1) - 1)::text AS bound`;

import type pg from 'pg';

/**
 * The position up to which an outbox is empty and stays empty. Reads begin after it: while any transaction of the database keeps an old
 * snapshot, deleted rows cannot be removed, and each read would pass all of them again.
 *
 * A row may become visible after rows with higher positions. But a transaction has a number before it draws a position (see
 * `INSTALL_OUTBOX`): once all transactions have ended that had a number when the last position was read, no row at or below that position
 * can appear any more.
 */
export class OutboxBound {
  readonly #pool: pg.Pool;
  #value = '0';
  /** The last position that was drawn, and the number of a transaction that began after it was read. */
  #candidate: { position: string; transaction: string } | null = null;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  get value(): string {
    return this.#value;
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

  /**
   * Lowers the bound if there is a row at or below it: the outbox was truncated or restored, or a row was inserted with its own position.
   * It passes all deleted rows that are not removed yet, so call it rarely.
   */
  async check(): Promise<void> {
    const { rows } = await this.#pool.query<{ bound: string | null }>(BELOW, [this.#value]);
    this.#value = rows[0]?.bound ?? this.#value;
  }

  async #hasEnded(transaction: string): Promise<boolean> {
    const { rows } = await this.#pool.query<{ ended: boolean }>(ENDED, [transaction]);
    return rows[0]?.ended ?? false;
  }

  async #nextCandidate() {
    const last = await this.#pool.query<{ position: string }>(LAST_POSITION);
    const position = last.rows[0]?.position ?? '0';
    if (BigInt(position) <= BigInt(this.#value)) return null;
    // After the position was read, and only then, because each call uses a number.
    const next = await this.#pool.query<{ transaction: string }>(NEXT_TRANSACTION);
    return { position, transaction: next.rows[0]?.transaction ?? '' };
  }
}

const LAST_POSITION =
  'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text AS position FROM posthorn.outbox_position_seq';
const NEXT_TRANSACTION = 'SELECT pg_current_xact_id()::text AS transaction';
const ENDED = 'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS ended';

const LOWEST = `
SELECT least($2::bigint, (SELECT min(position) FROM posthorn.outbox WHERE position > $1) - 1)::text AS bound`;

const BELOW = 'SELECT (min(position) - 1)::text AS bound FROM posthorn.outbox WHERE position <= $1';

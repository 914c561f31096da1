/** Positions of an outbox after `after`, up to and including `to`. */
export interface PositionRange {
  after: string;
  to: string;
}

type FindFirst = (range: PositionRange) => Promise<string | null | undefined>;

/** What a database knows about the positions of an outbox. */
export interface OutboxPositions {
  /** Returns the last position that was drawn. */
  last(): Promise<string>;
  /**
   * Watches the transactions that may have drawn positions so far. The returned function resolves to the first position of a row in a range,
   * or null, and to undefined while one of them may still add a row before that.
   */
  watchTransactions(): Promise<FindFirst>;
  /** Returns the first position of a row in a range, or null. */
  first(range: PositionRange): Promise<string | null>;
}

interface Candidate {
  position: string;
  findFirst: FindFirst;
}

/** The first position is 1. */
const NO_POSITION = '0';

/**
 * The position up to which an outbox is empty and stays empty. Reads begin after it: while any transaction of the database keeps an old
 * snapshot, deleted rows cannot be removed, and each read would pass all of them again.
 *
 * A row may become visible after rows with higher positions. So the bound is raised to the last position that was drawn only when all
 * transactions have ended that may have drawn one until then.
 */
export class OutboxBound {
  readonly #positions: OutboxPositions;
  #value = NO_POSITION;
  #candidate: Candidate | null = null;

  constructor(positions: OutboxPositions) {
    this.#positions = positions;
  }

  get value(): string {
    return this.#value;
  }

  /** Raises the bound if possible. Call it from time to time. */
  async advance(): Promise<void> {
    if (this.#candidate) {
      const range = { after: this.#value, to: this.#candidate.position };
      const first = await this.#candidate.findFirst(range);
      if (first !== undefined) {
        this.#value = before(first) ?? range.to;
        this.#candidate = null;
      }
    }
    this.#candidate ??= await this.#nextCandidate();
  }

  /**
   * Lowers the bound if there is a row at or below it: the outbox was truncated or restored, or a row was inserted with its own position.
   * It passes all deleted rows that are not removed yet, so call it rarely.
   */
  async check(): Promise<void> {
    const first = await this.#positions.first({ after: NO_POSITION, to: this.#value });
    this.#value = before(first) ?? this.#value;
  }

  async #nextCandidate(): Promise<Candidate | null> {
    const position = await this.#positions.last();
    // The database has lost positions, in a failover or because the outbox was truncated: they are drawn again.
    if (BigInt(position) < BigInt(this.#value)) this.#value = NO_POSITION;
    if (BigInt(position) <= BigInt(this.#value)) return null;
    // After the position was read.
    return { position, findFirst: await this.#positions.watchTransactions() };
  }
}

const before = (position: string | null): string | null =>
  position === null ? null : String(BigInt(position) - 1n);

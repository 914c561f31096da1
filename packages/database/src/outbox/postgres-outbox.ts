import { connect, type ConnectOptions, type Database } from '../connection/connect.js';
import { ping } from '../connection/ping.js';
import { asksForNotifications, listenToOutbox, type OutboxListening } from './listen-to-outbox.js';
import { OutboxBound } from './outbox-bound.js';
import { postgresPositions } from './postgres-positions.js';
import type { OutboxQuery, OutboxSource, OutboxTimes } from './outbox-source.js';
import {
  deleteFromOutbox,
  type OutboxRow,
  type OutboxState,
  readOutbox,
  readOutboxState,
} from './read-outbox.js';

/** An outbox in PostgreSQL. */
export class PostgresOutbox implements OutboxSource {
  readonly #database: Database;
  readonly #bound: OutboxBound;
  readonly #url: string;
  #listening: OutboxListening | null = null;

  constructor(options: ConnectOptions) {
    this.#url = options.url;
    this.#database = connect(options);
    this.#bound = new OutboxBound(postgresPositions(this.#database.pool));
  }

  async ping(): Promise<void> {
    await ping(this.#database.pool);
  }

  read(query: OutboxQuery): Promise<OutboxRow[]> {
    return readOutbox(this.#database.pool, { ...query, after: this.#bound.value });
  }

  delete(rows: readonly OutboxRow[]): Promise<void> {
    return deleteFromOutbox(this.#database.pool, rows);
  }

  state(times: OutboxTimes): Promise<OutboxState> {
    return readOutboxState(this.#database.pool, { ...times, after: this.#bound.value });
  }

  advance(): Promise<void> {
    return this.#bound.advance();
  }

  check(): Promise<void> {
    return this.#bound.check();
  }

  onRows(listener: () => void): void {
    if (asksForNotifications(this.#url)) this.#listening = listenToOutbox(this.#url, listener);
  }

  async stop(): Promise<void> {
    await this.#listening?.stop();
    await this.#database.stop();
  }
}

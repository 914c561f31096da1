import type { Part } from '@posthorn/core';
import type { OutboxPage, OutboxRow, OutboxState } from './read-outbox.js';

/** Rows outside these times are kept. */
export type OutboxTimes = Pick<OutboxPage, 'createdFrom' | 'createdTo'>;

export type OutboxQuery = Omit<OutboxPage, 'after'>;

/** An outbox in the database of an application. */
export interface OutboxSource extends Part {
  /** @throws an error if the database cannot be reached, or does not accept writes */
  ping(): Promise<void>;
  /** Reads the first committed rows, in the order of their positions. */
  read(query: OutboxQuery): Promise<OutboxRow[]>;
  /** Deletes rows that were ingested. Does not wait for transactions of the application. */
  delete(rows: readonly OutboxRow[]): Promise<void>;
  state(times: OutboxTimes): Promise<OutboxState>;
  /** Lets reads skip positions at which no row can appear any more, if possible. Call it from time to time. */
  advance(): Promise<void>;
  /** Reads all positions again if a row appeared at one that is skipped. Expensive, so call it rarely. */
  check(): Promise<void>;
  /** Calls `listener` soon after transactions with rows have committed, if the URL asks for notifications. May miss some. */
  onRows(listener: () => void): void;
  stop(): Promise<void>;
}

/** Reads the state of a whole outbox. @throws an error if the outbox cannot be emptied, because its database does not accept writes */
export async function readWholeOutboxState(source: OutboxSource): Promise<OutboxState> {
  await source.ping();
  return source.state({ createdFrom: new Date(0), createdTo: new Date('9999-12-31') });
}

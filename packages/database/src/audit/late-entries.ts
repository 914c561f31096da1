import { idTimeMs } from '@posthorn/core';
import type { Transaction } from '../connection/transaction.js';
import { MAX_CLOCK_SKEW_MS } from '../ids/max-clock-skew.js';
import type { AuditContent } from './audit-content.js';

/** An entry that is dated long before one that was chained before it. */
export interface LateEntry {
  number: number;
  id: string;
  createdAt: Date;
}

type DatedEntry = Pick<AuditContent, 'id' | 'createdAt'>;

/** The newest of the entries before a number. A longer block of such entries is found at its first entry. */
const READ_NEWEST = `SELECT max(created_at) AS newest FROM audit_entry WHERE number BETWEEN $1::bigint - 999 AND $1::bigint`;

/**
 * Finds entries that cannot have been committed when they say. An entry is chained within seconds of its commit, and its time is that of the
 * database at the start of its transaction. So one that is dated long before an entry with a lower number was inserted later, or its maker's
 * clock was behind: both the time and the id, by which entries are listed, count. Entries that wait because no producer runs are chained in the
 * order of their ids, and are not late.
 */
export class LateEntries {
  #newestMs: number;

  constructor(newest: Date | null) {
    this.#newestMs = newest?.getTime() ?? 0;
  }

  /** Returns whether the next entry of the chain is late. */
  isLate({ id, createdAt }: DatedEntry): boolean {
    const createdMs = createdAt.getTime();
    const isLate = Math.min(createdMs, idTimeMs(id)) < this.#newestMs - MAX_CLOCK_SKEW_MS;
    this.#newestMs = Math.max(this.#newestMs, createdMs);
    return isLate;
  }
}

/** Returns a check of the entries after a number of the chain. */
export async function lateEntriesAfter(transaction: Transaction, number: number): Promise<LateEntries> {
  const { rows } = await transaction.query<{ newest: Date | null }>(READ_NEWEST, [number]);
  return new LateEntries(rows[0]?.newest ?? null);
}

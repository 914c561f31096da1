import { cooperativeYield } from '@posthorn/core';
import type pg from 'pg';
import { inTransaction, type Transaction } from '../connection/transaction.js';
import { AUDIT_CONTENT, type AuditContent, entryHash, erasableDigest, isErased } from './audit-content.js';
import { type LateEntries, lateEntriesAfter, type LateEntry } from './late-entries.js';

/** A place in the chain. */
export interface ChainPlace {
  number: number;
  hash: Buffer;
}

/** The first entry that does not fit. */
interface ChainBreak {
  number: number;
  /** Null if the entry is missing. */
  id: string | null;
  /** `dropped`: the retention has dropped the known entry, so that nothing shows whether the chain continues from it. */
  reason: 'missing' | 'changed' | 'dropped';
}

/** Where a check begins: after an entry, whose hash the caller may know from outside. */
export interface CheckStart {
  number: number;
  hash: Buffer | null;
}

interface ChainCheck {
  /** The entry before the first one that is left, which the retention has dropped last. */
  dropped: ChainPlace;
  /** The last entry of the chain. */
  last: ChainPlace;
  /** The last entry that was checked, and fits. */
  verified: ChainPlace & { createdAt: Date | null };
  /** How many of the checked entries are of an erased tenant: of those, only the rest of the content is checked. */
  erased: number;
  /** How many of the checked entries are dated long before an entry with a lower number, and the first of them. */
  late: number;
  firstLate: LateEntry | null;
  /** Entries that are not in the chain yet. */
  unchained: number;
  firstBreak: ChainBreak | null;
}

interface Ends {
  lastNumber: string;
  lastHash: Buffer;
  droppedNumber: string;
  droppedHash: Buffer;
  unchained: number;
}

type ChainedRow = AuditContent & { number: string; salt: Buffer | null; digest: Buffer; hash: Buffer };

/** At most so many of those that wait are counted. */
const MAX_COUNTED = 10_000;

/** Maximum number of entries in memory at once: the values of one can have 160 KB. */
const PAGE_SIZE = 100;

/** A call reads no further page after values of this total length, in characters. */
const MAX_VALUES_LENGTH = 8_000_000;

const READ_ENDS = `
SELECT last_number AS "lastNumber", last_hash AS "lastHash", dropped_number AS "droppedNumber", dropped_hash AS "droppedHash",
  (SELECT count(*)::integer FROM (SELECT FROM audit_entry WHERE number IS NULL LIMIT ${MAX_COUNTED}) u) AS unchained
FROM audit_chain`;

const READ_PLACE = 'SELECT id, hash, created_at AS "createdAt" FROM audit_entry WHERE number = $1';

const READ_ENTRIES = `SELECT ${AUDIT_CONTENT}, salt, digest, hash FROM audit_entry WHERE number > $1 ORDER BY number LIMIT $2`;

/** The result of the entries that were checked so far. */
type Progress = Pick<ChainCheck, 'verified' | 'erased' | 'late' | 'firstLate' | 'firstBreak'>;

/**
 * Checks up to `limit` entries of the chain, fewer if they are large, after an entry, which a call before has checked, or from the first one
 * that is left. If its hash is known, another one is a break: the entries up to it were computed again. All is read from one snapshot, so that entries that are chained or dropped meanwhile are no break. The transaction locks no rows, so it may
 * yield to other work.
 */
export async function verifyAuditChain(
  pool: pg.Pool,
  { after, limit }: { after: CheckStart; limit: number },
): Promise<ChainCheck> {
  return withEnds(pool, async (transaction, ends) => {
    const dropped = droppedOf(ends);
    const last = { number: Number(ends.lastNumber), hash: ends.lastHash };
    const known = { dropped, last, unchained: ends.unchained };
    const start = await findStart(transaction, after, dropped);
    if ('reason' in start) return { ...known, ...startingAt(dropped), firstBreak: start };
    const { isEnd, ...checked } = await checkPages(transaction, start, limit);
    if (checked.firstBreak !== null) return { ...known, ...checked };
    // At the last entry, callers stop, whether or not the limit is reached.
    const isLast = isEnd || checked.verified.number >= last.number;
    return { ...known, ...checked, firstBreak: isLast ? endBreak(checked.verified, last) : null };
  });
}

/** Returns the break at a known entry: it no longer exists, or has another hash now. Null if it is intact. */
export async function findBreakAt(pool: pg.Pool, known: CheckStart): Promise<ChainBreak | null> {
  return withEnds(pool, async (transaction, ends) => {
    const start = await findStart(transaction, known, droppedOf(ends));
    return 'reason' in start ? start : null;
  });
}

/** Reads the ends of the chain, and what `read` reads, from one snapshot. */
const withEnds = async <Result>(
  pool: pg.Pool,
  read: (transaction: Transaction, ends: Ends) => Promise<Result>,
): Promise<Result> =>
  inTransaction(pool, async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await transaction.query<Ends>(READ_ENDS);
    const [ends] = rows;
    if (!ends) throw new Error('audit_chain has no row');
    return read(transaction, ends);
  });

const droppedOf = ({ droppedNumber, droppedHash }: Ends): ChainPlace => ({
  number: Number(droppedNumber),
  hash: droppedHash,
});

const startingAt = (place: ChainPlace): Progress => ({
  verified: { createdAt: null, ...place },
  erased: 0,
  late: 0,
  firstLate: null,
  firstBreak: null,
});

/** Returns the entry to begin after. */
async function findStart(
  transaction: Transaction,
  { number, hash }: CheckStart,
  dropped: ChainPlace,
): Promise<ChainCheck['verified'] | ChainBreak> {
  if (number > dropped.number) return (await findPlace(transaction, { number, hash })) ?? missing(number);
  if (hash === null || (number === dropped.number && hash.equals(dropped.hash)))
    return { ...dropped, createdAt: null };
  return { number, id: null, reason: number < dropped.number ? 'dropped' : 'changed' };
}

const missing = (number: number): ChainBreak => ({ number, id: null, reason: 'missing' });

/** Returns an entry, or the break if it has another hash than the known one. */
async function findPlace(
  transaction: Transaction,
  { number, hash }: CheckStart,
): Promise<ChainCheck['verified'] | ChainBreak | null> {
  const { rows } = await transaction.query<{ id: string; hash: Buffer; createdAt: Date }>(READ_PLACE, [
    number,
  ]);
  const [row] = rows;
  if (!row) return null;
  if (hash !== null && !hash.equals(row.hash)) return { number, id: row.id, reason: 'changed' };
  return { number, hash: row.hash, createdAt: row.createdAt };
}

/** Checks the entries after a place, a page at a time. `isEnd`: no entry is left. */
async function checkPages(
  transaction: Transaction,
  start: ChainCheck['verified'],
  limit: number,
): Promise<Progress & { isEnd: boolean }> {
  let progress = startingAt(start);
  const times = await lateEntriesAfter(transaction, start.number);
  let valuesLength = 0;
  for (let count = 0; count < limit && valuesLength < MAX_VALUES_LENGTH;) {
    const pageSize = Math.min(PAGE_SIZE, limit - count);
    const { rows } = await transaction.query<ChainedRow>(READ_ENTRIES, [progress.verified.number, pageSize]);
    progress = await checkPage(rows, { progress, times });
    if (progress.firstBreak !== null || rows.length < pageSize) return { ...progress, isEnd: true };
    count += rows.length;
    valuesLength += rows.reduce((sum, row) => sum + lengthOfValues(row), 0);
  }
  return { ...progress, isEnd: false };
}

const lengthOfValues = ({ before, after }: ChainedRow): number =>
  (before?.length ?? 0) + (after?.length ?? 0);

async function checkPage(
  rows: readonly ChainedRow[],
  { progress, times }: { progress: Progress; times: LateEntries },
): Promise<Progress> {
  let { verified, erased, late, firstLate } = progress;
  const yielder = cooperativeYield();
  for (const row of rows) {
    const number = verified.number + 1;
    if (Number(row.number) !== number)
      return { verified, erased, late, firstLate, firstBreak: missing(number) };
    if (!fits(row, number, verified.hash)) {
      const firstBreak = { number, id: row.id, reason: 'changed' } as const;
      return { verified, erased, late, firstLate, firstBreak };
    }
    if (row.salt === null) erased += 1;
    if (times.isLate(row)) {
      late += 1;
      firstLate ??= { number, id: row.id, createdAt: row.createdAt };
    }
    verified = { number, hash: row.hash, createdAt: row.createdAt };
    if (yielder.tick()) await yielder.yield();
  }
  return { verified, erased, late, firstLate, firstBreak: null };
}

function fits(row: ChainedRow, number: number, previous: Buffer): boolean {
  const { salt, digest, hash } = row;
  const isWhole = salt === null ? isErased(row) : erasableDigest(row, salt).equals(digest);
  return isWhole && entryHash(row, number, previous, digest).equals(hash);
}

/** Returns the break at the end of the entries, from which the newest ones may have been removed. */
function endBreak(verified: ChainPlace, last: ChainPlace): ChainBreak | null {
  if (verified.number < last.number) return missing(verified.number + 1);
  const isEnd = verified.number === last.number && verified.hash.equals(last.hash);
  return isEnd ? null : { number: verified.number, id: null, reason: 'changed' };
}

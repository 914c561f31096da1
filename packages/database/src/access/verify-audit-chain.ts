import { cooperativeYield } from '@posthorn/core';
import type pg from 'pg';
import { inTransaction } from '../connection/transaction.js';
import { AUDIT_CONTENT, type AuditContent, entryHash, erasableDigest, isErased } from './audit-content.js';

/** A place in the chain. */
export interface ChainPlace {
  number: number;
  hash: Buffer;
}

/** The first entry that does not fit. */
export interface ChainBreak {
  number: number;
  /** Null if the entry is missing. */
  id: string | null;
  reason: 'missing' | 'changed';
}

export interface ChainCheck {
  /** The entry before the first one that is left, which the retention has dropped last. */
  dropped: ChainPlace;
  /** The last entry of the chain. */
  last: ChainPlace;
  /** The last entry that was checked, and fits. */
  verified: ChainPlace & { createdAt: Date | null };
  /** How many of the checked entries are of an erased tenant: of those, only the rest of the content is checked. */
  erased: number;
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

const READ_PLACE = 'SELECT number, hash, created_at AS "createdAt" FROM audit_entry WHERE number = $1';

const READ_ENTRIES = `SELECT ${AUDIT_CONTENT}, salt, digest, hash FROM audit_entry WHERE number > $1 ORDER BY number LIMIT $2`;

/** The result of the entries that were checked so far. */
type Progress = Pick<ChainCheck, 'verified' | 'erased' | 'firstBreak'>;

/**
 * Checks up to `limit` entries of the chain, fewer if they are large, after a number, which a call before has checked, or from the first one
 * that is left. All is read from one snapshot, so that entries that are chained or dropped meanwhile are no break. The transaction locks no
 * rows, so it may yield to other work.
 */
export async function verifyAuditChain(
  pool: pg.Pool,
  { after, limit }: { after: number; limit: number },
): Promise<ChainCheck> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<Ends>(READ_ENDS);
    const [ends] = rows;
    if (!ends) throw new Error('audit_chain has no row');
    const dropped = { number: Number(ends.droppedNumber), hash: ends.droppedHash };
    const last = { number: Number(ends.lastNumber), hash: ends.lastHash };
    const known = { dropped, last, unchained: ends.unchained };
    const start = after > dropped.number ? await findPlace(client, after) : { ...dropped, createdAt: null };
    if (start === null) {
      const firstBreak = { number: after, id: null, reason: 'missing' } as const;
      return { ...known, verified: { ...dropped, createdAt: null }, erased: 0, firstBreak };
    }
    const { isEnd, ...checked } = await checkPages(client, start, limit);
    if (checked.firstBreak !== null) return { ...known, ...checked };
    // At the last entry, callers stop, whether or not the limit is reached.
    const isLast = isEnd || checked.verified.number >= last.number;
    return { ...known, ...checked, firstBreak: isLast ? endBreak(checked.verified, last) : null };
  });
}

async function findPlace(client: pg.PoolClient, number: number): Promise<ChainCheck['verified'] | null> {
  const { rows } = await client.query<{ hash: Buffer; createdAt: Date }>(READ_PLACE, [number]);
  return rows[0] ? { ...rows[0], number } : null;
}

/** Checks the entries after a place, a page at a time. `isEnd`: no entry is left. */
async function checkPages(
  client: pg.PoolClient,
  start: ChainCheck['verified'],
  limit: number,
): Promise<Progress & { isEnd: boolean }> {
  let progress: Progress = { verified: start, erased: 0, firstBreak: null };
  let valuesLength = 0;
  for (let count = 0; count < limit && valuesLength < MAX_VALUES_LENGTH;) {
    const pageSize = Math.min(PAGE_SIZE, limit - count);
    const { rows } = await client.query<ChainedRow>(READ_ENTRIES, [progress.verified.number, pageSize]);
    progress = await checkPage(rows, progress);
    if (progress.firstBreak !== null || rows.length < pageSize) return { ...progress, isEnd: true };
    count += rows.length;
    valuesLength += rows.reduce((sum, row) => sum + lengthOfValues(row), 0);
  }
  return { ...progress, isEnd: false };
}

const lengthOfValues = ({ before, after }: ChainedRow): number =>
  (before?.length ?? 0) + (after?.length ?? 0);

async function checkPage(rows: readonly ChainedRow[], progress: Progress): Promise<Progress> {
  let { verified, erased } = progress;
  const yielder = cooperativeYield();
  for (const row of rows) {
    const number = verified.number + 1;
    if (Number(row.number) !== number)
      return { verified, erased, firstBreak: { number, id: null, reason: 'missing' } };
    if (!fits(row, number, verified.hash))
      return { verified, erased, firstBreak: { number, id: row.id, reason: 'changed' } };
    if (row.salt === null) erased += 1;
    verified = { number, hash: row.hash, createdAt: row.createdAt };
    if (yielder.tick()) await yielder.yield();
  }
  return { verified, erased, firstBreak: null };
}

function fits(row: ChainedRow, number: number, previous: Buffer): boolean {
  const { salt, digest, hash } = row;
  const isWhole = salt === null ? isErased(row) : erasableDigest(row, salt).equals(digest);
  return isWhole && entryHash(row, number, previous, digest).equals(hash);
}

/** Returns the break at the end of the entries, from which the newest ones may have been removed. */
function endBreak(verified: ChainPlace, last: ChainPlace): ChainBreak | null {
  if (verified.number < last.number) return { number: verified.number + 1, id: null, reason: 'missing' };
  const isEnd = verified.number === last.number && verified.hash.equals(last.hash);
  return isEnd ? null : { number: verified.number, id: null, reason: 'changed' };
}

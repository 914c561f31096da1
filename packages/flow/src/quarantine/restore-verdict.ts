import type { QuarantineReason, RestoreFacts } from '@posthorn/database/restores';

/**
 * The number of erasures that Redis knows. Null after Redis has lost its data, undefined while it is unavailable.
 */
export type KnownErasures = number | null | undefined;

export type RestoreVerdict =
  /** No erased data can be back. */
  | { kind: 'complete'; isHistoryNew: boolean }
  | { kind: 'quarantine'; reason: QuarantineReason }
  /** Redis has to be read first. */
  | { kind: 'unknown' };

/**
 * Returns whether erased data may be back in a database that is not quarantined: Redis knows more erasures, or the history of the database
 * has changed and Redis, which might know of more, has none. A restart, an empty Redis alone, and a promotion with Redis intact are complete.
 */
export function restoreVerdict(
  { history, completeHistory, erasureCount }: RestoreFacts,
  known: KnownErasures,
): RestoreVerdict {
  const isHistoryNew = history !== completeHistory;
  if (known === undefined) return isHistoryNew ? { kind: 'unknown' } : { kind: 'complete', isHistoryNew };
  if (known === null && isHistoryNew) return { kind: 'quarantine', reason: 'erasures_unknown' };
  if (known !== null && known > erasureCount) return { kind: 'quarantine', reason: 'erasures_lost' };
  return { kind: 'complete', isHistoryNew };
}

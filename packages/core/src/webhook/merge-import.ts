/** How an import treats what exists: it stays, follows what changed in the source, or becomes like the source. */
export type ImportMode = 'create' | 'sync' | 'replace';

/** What happens to a field that differs from the source. `kept` follows only in another mode. */
export type ImportOutcome = 'followed' | 'kept' | 'corrected' | 'conflict';

/** Digests of the values of a field. */
interface FieldDigests {
  source: string;
  present: string;
  /** Of the last import. Undefined if there was none. */
  last: string | undefined;
}

/** Returns what happens to a field, or null if it equals the source. Where source and hand both changed it, the hand wins. */
export function mergeField({ source, present, last }: FieldDigests, mode: ImportMode): ImportOutcome | null {
  if (source === present) return null;
  if (mode === 'replace') return 'followed';
  if (present === last) return mode === 'sync' ? 'followed' : 'kept';
  return last === undefined || source === last ? 'corrected' : 'conflict';
}

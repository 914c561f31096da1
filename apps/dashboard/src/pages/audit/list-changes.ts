import type { AuditEntry } from './audit-entry.js';

export interface Change {
  field: string;
  /** Undefined: it was not there. */
  before: string | undefined;
  /** Undefined: it is not there any more. */
  after: string | undefined;
}

/** What an entry says was changed, field by field. Of what was made or deleted, the fields that say something. */
export function listChanges({ before, after }: Pick<AuditEntry, 'before' | 'after'>): Change[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const isWhole = before === null || after === null;
  return fields
    .filter((field) => !isWhole || (before ?? after)?.[field] !== null)
    .map((field) => ({
      field,
      before: before && field in before ? formatValue(before[field]) : undefined,
      after: after && field in after ? formatValue(after[field]) : undefined,
    }));
}

/** Plain values as they are, others as JSON. */
function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
}

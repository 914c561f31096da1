import type { AuditEntry } from './audit-entry.js';

export interface Change {
  field: string;
  /** Undefined if the field was added. */
  before: string | undefined;
  /** Undefined if the field was removed. */
  after: string | undefined;
}

/** Returns the changes of an entry by field. Omits null fields of created and deleted objects. */
export function listChanges({ before, after }: Pick<AuditEntry, 'before' | 'after'>): Change[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const isCreatedOrDeleted = before === null || after === null;
  return fields
    .filter((field) => !isCreatedOrDeleted || (before ?? after)?.[field] !== null)
    .map((field) => ({
      field,
      before: before && field in before ? formatValue(before[field]) : undefined,
      after: after && field in after ? formatValue(after[field]) : undefined,
    }));
}

/** Returns strings unchanged and other values as JSON. */
function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
}

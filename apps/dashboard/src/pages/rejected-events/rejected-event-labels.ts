/** By the codes of the API. */
const REASONS: Record<string, string> = {
  invalid_input: 'No valid event',
  schema_violation: 'Breaks the schema of its type',
  unknown_tenant: 'Unknown tenant',
  payload_too_large: 'Too large',
};

/** Why a push was not taken, in a few words. A code that is not known here stands for itself. */
export function rejectionLabel(code: string): string {
  return REASONS[code] ?? code;
}

/** Where a push came in. */
export function sourceLabel(source: string): string {
  if (source === 'queue') return 'BullMQ queue';
  return source === 'stream' ? 'Redis stream' : source;
}

/** Labels by error code of the API. */
const REASONS: Record<string, string> = {
  invalid_input: 'Invalid event',
  schema_violation: 'Schema violation',
  unknown_tenant: 'Unknown tenant',
  tenant_suspended: 'Tenant suspended',
  tenant_deleted: 'Tenant deleted',
  payload_too_large: 'Payload too large',
  quota_exceeded: 'Quota exceeded',
  idempotency_key_reused: 'Idempotency key reused',
};

/** Returns the label of a rejection code. An unknown code is returned unchanged. */
export function rejectionLabel(code: string): string {
  return REASONS[code] ?? code;
}

const SOURCES: Record<string, string> = { queue: 'BullMQ queue', stream: 'Redis stream', outbox: 'Outbox' };

/** Returns the label of the source of a push. */
export function sourceLabel(source: string): string {
  return SOURCES[source] ?? source;
}

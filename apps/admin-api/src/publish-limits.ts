import type { AcceptLimits } from '@posthorn/fanout';

/** Limits of `POST /v1/events`. Events that cannot be stored in time are rejected with 503, so that no backlog builds up. */
export const PUBLISH_LIMITS: AcceptLimits = {
  timeoutMs: 5000,
  total: { items: 20_000, chars: 32 * 1024 * 1024 },
  // Leaves more than half to other tenants.
  perTenant: { items: 8000, chars: 12 * 1024 * 1024 },
};

import type { AcceptLimits } from '@posthorn/fanout';

/** What is published here and cannot be stored in time is refused with 503, and nothing piles up. */
export const PUBLISH_LIMITS: AcceptLimits = {
  timeoutMs: 5000,
  total: { items: 20_000, chars: 32 * 1024 * 1024 },
  // The larger half is left to the others.
  perTenant: { items: 8000, chars: 12 * 1024 * 1024 },
};

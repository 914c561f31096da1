import type { AcceptLimits } from '@posthorn/fanout';

/**
 * Limits of `POST /v1/events`. Events that cannot be stored in time are refused with 503, so that no backlog builds up. The
 * times allow the largest batch to wait for as many events as one tenant may have in progress.
 */
export const PUBLISH_LIMITS: AcceptLimits = {
  expectedWait: { baseMs: 500, perEventMs: 4 },
  queueTimeout: { baseMs: 2000, perEventMs: 4 },
  total: { items: 20_000, chars: 32 * 1024 * 1024 },
  // Leaves more than half to other tenants.
  perTenant: { items: 8000, chars: 12 * 1024 * 1024 },
};

/**
 * The statement timeout of a batch of events, many times its usual duration. With the wait in the queue, a call gets its
 * response within 7 s even while PostgreSQL hangs.
 */
export const ACCEPT_TIMEOUT_MS = 3000;

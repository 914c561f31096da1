import { createAdmissionControl, PosthornError, type Usage } from '@posthorn/core';

/** Limits on the events in progress of an acceptor whose callers can retry later. */
export interface AcceptLimits {
  /** Longest time until an event is durable. After it, the call fails with `unavailable`. */
  timeoutMs: number;
  /** Most events in progress, of all tenants together. A call is admitted while the limit is not reached. */
  total: Usage;
  /** Most events in progress of one tenant. */
  perTenant: Usage;
}

/** The properties of a pending event that the limits count. */
interface Counted {
  event: { tenantId: string };
  dataText: string;
}

/** A timed-out event may already be in a transaction. */
export const TIMEOUT_DETAIL =
  'Timed out; the events may still be stored. Retry with the same idempotency key.';

const SATURATED_DETAIL = {
  total: 'Too many events are waiting to be stored. Retry shortly.',
  owner: 'Too many events of this tenant are waiting to be stored. Retry shortly.',
};

/**
 * Creates a limiter that admits the events of one call together or not at all.
 *
 * @returns a function that admits events and returns their release; it throws `unavailable` while a limit is reached
 */
export function createAcceptLimiter({
  total,
  perTenant,
}: AcceptLimits): (events: readonly Counted[]) => () => void {
  const control = createAdmissionControl({ total, perOwner: perTenant });
  return (events) => {
    const admission = control.admit(usageByTenant(events));
    if (!admission.ok)
      throw new PosthornError('unavailable', { detail: SATURATED_DETAIL[admission.saturated] });
    return admission.release;
  };
}

function usageByTenant(events: readonly Counted[]): Map<string, Usage> {
  const byTenant = new Map<string, Usage>();
  for (const { event, dataText } of events) {
    const usage = byTenant.get(event.tenantId);
    if (usage) {
      usage.items += 1;
      usage.chars += dataText.length;
    } else byTenant.set(event.tenantId, { items: 1, chars: dataText.length });
  }
  return byTenant;
}

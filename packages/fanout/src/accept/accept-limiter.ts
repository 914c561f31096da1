import { createAdmissionControl, PosthornError, type Saturated, type Usage } from '@posthorn/core';
import type { TenantEventType } from '../events/fan-out-estimator.js';

/** A time that a call may take. */
interface CallTime {
  baseMs: number;
  /** Added for each event of the call: batches may wait longer than single events. */
  perEventMs: number;
}

/** Limits of an acceptor whose callers can retry later. */
export interface AcceptLimits {
  /** Longest expected wait until the events of a call are being stored. A call that would wait longer is refused at once. */
  expectedWait: CallTime;
  /** Longest wait until the events of a call are being stored. After it, the call is refused. */
  queueTimeout: CallTime;
  /** Maximum number of events in progress, of all tenants together. A call is admitted while the limit is not reached. */
  total: Usage;
  /** Maximum number of events in progress of one tenant. */
  perTenant: Usage;
}

/**
 * The reason why a call was refused before any of its events was part of a statement: it would have waited too long, it did
 * wait too long, or too many events of its tenant or of all tenants were in progress.
 */
export type RefusalReason = 'expected_wait' | 'timeout' | 'tenant_limit' | 'total_limit';

export type OnRefuse = (reason: RefusalReason, tenantId: string, events: number) => void;

interface AcceptLimiterDeps {
  limits: AcceptLimits;
  /** Returns how long new events of one call are expected to wait until they are being stored. */
  expectedWaitMs: (call: readonly TenantEventType[]) => number;
  onRefuse: OnRefuse;
}

/** Refuses calls as a whole, with `unavailable`. No event of a refused call is stored. */
interface AcceptLimiter {
  /** @throws PosthornError if the events of a call would wait too long. Cheap, so that refusals do not add to an overload. */
  assertShortWait(events: readonly TenantEventType[]): void;
  /** Counts events as in progress and returns their release. @throws PosthornError while a limit is reached */
  admit(events: readonly Counted[]): () => void;
  /** Returns the timeout of the events of a call until they are being stored. */
  timeoutOf(events: readonly Owned[]): { ms: number; error: () => PosthornError };
}

interface Owned {
  tenantId: string;
}

/** The properties of a pending event that the limits count. */
interface Counted {
  event: Owned;
  dataText: string;
}

const DETAILS: Record<RefusalReason, string> = {
  expected_wait:
    'Events of this tenant arrive faster than they can be stored. Nothing was stored; retry later.',
  timeout: 'The events could not be stored in time. Nothing was stored; retry later.',
  tenant_limit: 'Too many events of this tenant are waiting to be stored. Nothing was stored; retry later.',
  total_limit: 'Too many events are waiting to be stored. Nothing was stored; retry later.',
};

const REASONS: Record<Saturated, RefusalReason> = { owner: 'tenant_limit', total: 'total_limit' };

/** Creates a limiter that admits the events of one call together or not at all. */
export function createAcceptLimiter({ limits, expectedWaitMs, onRefuse }: AcceptLimiterDeps): AcceptLimiter {
  const { expectedWait, queueTimeout, total, perTenant } = limits;
  const control = createAdmissionControl({ total, perOwner: perTenant });

  function refusal(reason: RefusalReason, events: readonly Owned[], retryAfterMs = 0): PosthornError {
    for (const [tenantId, count] of countByTenant(events)) onRefuse(reason, tenantId, count);
    const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
    return PosthornError.withoutStack('unavailable', { detail: DETAILS[reason], extra: { retryAfter } });
  }

  return {
    assertShortWait(events) {
      const limitMs = timeOf(expectedWait, events);
      const waitMs = expectedWaitMs(events);
      if (waitMs > limitMs) throw refusal('expected_wait', events, waitMs - limitMs);
    },
    admit(pending) {
      const admission = control.admit(usageByTenant(pending));
      if (admission.ok) return admission.release;
      throw refusal(
        REASONS[admission.saturated],
        pending.map(({ event }) => event),
      );
    },
    timeoutOf: (events) => ({
      ms: timeOf(queueTimeout, events),
      error: () => refusal('timeout', events),
    }),
  };
}

const timeOf = ({ baseMs, perEventMs }: CallTime, events: readonly unknown[]): number =>
  baseMs + perEventMs * (events.length - 1);

function countByTenant(events: readonly Owned[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tenantId } of events) counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
  return counts;
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

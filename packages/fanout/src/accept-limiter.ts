import { createAdmissionControl, PosthornError, type Usage } from '@posthorn/core';

/** What an acceptor takes from callers who can come again later, instead of piling it up. */
export interface AcceptLimits {
  /** Longest until an event is durable. What takes longer is refused. */
  withinMs: number;
  /** What may be in hand at a time, of all tenants and of each. The largest call is let in when less than that is. */
  total: Usage;
  each: Usage;
}

/** What counts of an event. */
export interface Weighed {
  tenantId: string;
  chars: number;
}

/** A late event may be in the hands of PostgreSQL, and be stored after all. */
export const TOO_LATE =
  'this takes too long right now and may be done all the same: repeat it, with the same idempotency key';

const FULL = {
  total: 'too many events wait to be stored: try again shortly',
  owner: 'too many events of this tenant wait to be stored: try again shortly',
};

/**
 * The events of one call come in all together or not at all.
 *
 * @returns to be called with them: answers what to call when they are out again, throws `unavailable` when too much is in
 */
export function createEntrance({ total, each }: AcceptLimits): (events: readonly Weighed[]) => () => void {
  const control = createAdmissionControl({ total, perOwner: each });
  return (events) => {
    const admission = control.admit(loadsOf(events));
    if (!admission.ok) throw new PosthornError('unavailable', { detail: FULL[admission.saturated] });
    return admission.release;
  };
}

function loadsOf(events: readonly Weighed[]): Map<string, Usage> {
  const loads = new Map<string, Usage>();
  for (const { tenantId, chars } of events) {
    const load = loads.get(tenantId);
    if (load) {
      load.items += 1;
      load.chars += chars;
    } else loads.set(tenantId, { items: 1, chars });
  }
  return loads;
}

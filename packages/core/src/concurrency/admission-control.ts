/** An amount of work: a number of items and their total size in characters. */
export interface Usage {
  items: number;
  chars: number;
}

interface AdmissionLimits {
  /** Limit for all owners together. */
  total: Usage;
  /** Limit for each owner. */
  perOwner: Usage;
}

/** The usage of one call, by owner. */
type UsageByOwner = ReadonlyMap<string, Usage>;

/** The limit that was reached. */
export type Saturated = 'total' | 'owner';

/** The caller of an admitted call must call `release` exactly once. */
type Admission = { ok: true; release: () => void } | { ok: false; saturated: Saturated };

interface AdmissionControl {
  admit: (call: UsageByOwner) => Admission;
}

/**
 * Creates an admission control, which tracks the work in progress and rejects calls while a limit is reached.
 *
 * A call is admitted or rejected as a whole. The limits are checked before the call is added, so a call that is larger
 * than a limit is admitted while usage is below that limit.
 */
export function createAdmissionControl({ total, perOwner }: AdmissionLimits): AdmissionControl {
  const all: Usage = { items: 0, chars: 0 };
  const byOwner = new Map<string, Usage>();

  function acquire(call: UsageByOwner): void {
    for (const [owner, usage] of call) {
      add(all, usage);
      const current = byOwner.get(owner);
      if (current) add(current, usage);
      else byOwner.set(owner, { ...usage });
    }
  }

  function release(call: UsageByOwner): void {
    for (const [owner, usage] of call) {
      subtract(all, usage);
      const current = byOwner.get(owner);
      if (!current) continue;
      subtract(current, usage);
      if (current.items === 0) byOwner.delete(owner);
    }
  }

  return {
    admit(call) {
      if (isReached(total, all)) return { ok: false, saturated: 'total' };
      for (const owner of call.keys()) {
        if (isReached(perOwner, byOwner.get(owner))) return { ok: false, saturated: 'owner' };
      }
      acquire(call);
      return { ok: true, release: () => release(call) };
    },
  };
}

function isReached(limit: Usage, current: Usage | undefined): boolean {
  return current !== undefined && (current.items >= limit.items || current.chars >= limit.chars);
}

function add(to: Usage, usage: Usage): void {
  to.items += usage.items;
  to.chars += usage.chars;
}

function subtract(from: Usage, usage: Usage): void {
  from.items -= usage.items;
  from.chars -= usage.chars;
}

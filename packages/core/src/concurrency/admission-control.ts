/** How much there is of something, in number and in characters. */
export interface Load {
  items: number;
  chars: number;
}

export interface RoomLimits {
  total: Load;
  /** Of one owner. */
  each: Load;
}

/** What came in by one call, by owner. */
export type Loads = ReadonlyMap<string, Load>;

/** Why there is no room. */
export type Full = 'total' | 'each';

export type Entered = { ok: true; leave: () => void } | { ok: false; full: Full };

/**
 * Counts what is in hand, and lets in no more when a limit is reached, for one owner or for all. A call is let in as a
 * whole or not at all, if no limit was reached before it: so the largest call fits through the smallest limit.
 */
export function createRoom({ total, each }: RoomLimits): { enter: (loads: Loads) => Entered } {
  const all: Load = { items: 0, chars: 0 };
  const byOwner = new Map<string, Load>();

  function leave(loads: Loads): void {
    for (const [owner, load] of loads) {
      subtract(all, load);
      const left = byOwner.get(owner);
      if (!left) continue;
      subtract(left, load);
      if (left.items === 0) byOwner.delete(owner);
    }
  }

  return {
    enter(loads) {
      if (isReached(total, all)) return { ok: false, full: 'total' };
      for (const owner of loads.keys()) {
        if (isReached(each, byOwner.get(owner))) return { ok: false, full: 'each' };
      }
      for (const [owner, load] of loads) {
        add(all, load);
        const present = byOwner.get(owner);
        if (present) add(present, load);
        else byOwner.set(owner, { ...load });
      }
      return { ok: true, leave: () => leave(loads) };
    },
  };
}

function isReached(limit: Load, present: Load | undefined): boolean {
  return present !== undefined && (present.items >= limit.items || present.chars >= limit.chars);
}

function add(to: Load, load: Load): void {
  to.items += load.items;
  to.chars += load.chars;
}

function subtract(from: Load, load: Load): void {
  from.items -= load.items;
  from.chars -= load.chars;
}

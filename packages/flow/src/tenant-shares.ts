/** What each tenant has put into a lane of late, in jobs. */
export type TenantShares = Map<string, number>;

/** Below this a share is forgotten. */
const NOTHING = 0.5;

/** A lane so many times as long as all shares together. */
const MOSTLY_OTHERS = 2;

/** In so many milliseconds a share is halved. */
const HALF_LIFE_MS = 1000;

/**
 * Lets time pass over the shares. They are halved every second, but while they account for what waits in the lane they
 * shrink only as the lane does: whoever has filled it is known until it is empty.
 */
export function decay(
  shares: TenantShares,
  { elapsedMs, laneLength }: { elapsedMs: number; laneLength: number },
): void {
  const waiting = laneLength / sumOf(shares.values());
  // More than that has been put there by others, and says nothing about these.
  const kept = waiting > MOSTLY_OTHERS ? 0 : Math.min(waiting, 1);
  const factor = Math.max(2 ** (-elapsedMs / HALF_LIFE_MS), kept);
  for (const [tenant, share] of shares) {
    if (share * factor < NOTHING) shares.delete(tenant);
    else shares.set(tenant, share * factor);
  }
}

/** Of one share to another, "far less". */
const FAR_LESS = 1 / 8;

/**
 * The largest share with which a tenant goes ahead of what waits in the lane; 0: nobody does. It is far less than the
 * largest of all, and all that go ahead have together less than half of everything, so that the others are never starved.
 *
 * @param laneLength what no share accounts for was put there by others, such as other processes
 */
export function priorityThreshold(shares: TenantShares, laneLength: number): number {
  const known = [...shares.values()].toSorted((a, b) => a - b);
  const others = Math.max(laneLength - sumOf(known), 0);
  const most = Math.max(others, known.at(-1) ?? 0) * FAR_LESS;
  const half = (sumOf(known) + others) / 2;
  let level = 0;
  let ahead = 0;
  for (let next = 0; next < known.length;) {
    const share = known[next] ?? 0;
    // Equals are treated alike.
    const equals = known.lastIndexOf(share) - next + 1;
    ahead += share * equals;
    if (share > most || ahead >= half) break;
    level = share;
    next += equals;
  }
  return level;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

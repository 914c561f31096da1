/** How many jobs each tenant has recently added to a lane. */
export type TenantShares = Map<string, number>;

/** A smaller share is removed. */
const MIN_SHARE = 0.5;

/** When the lane is longer than all shares by this factor, it was filled by other processes. */
const FILLED_BY_OTHERS = 2;

/** The time in which a share halves, in milliseconds. */
const HALF_LIFE_MS = 1000;

/**
 * Lets the shares decay. They halve every second. While they account for the jobs that wait in the lane, they shrink only
 * as fast as the lane does: a tenant that filled the lane is remembered until the lane is empty.
 */
export function decay(
  shares: TenantShares,
  { elapsedMs, laneLength }: { elapsedMs: number; laneLength: number },
): void {
  const waiting = laneLength / sumOf(shares.values());
  const kept = waiting > FILLED_BY_OTHERS ? 0 : Math.min(waiting, 1);
  const factor = Math.max(2 ** (-elapsedMs / HALF_LIFE_MS), kept);
  for (const [tenant, share] of shares) {
    if (share * factor < MIN_SHARE) shares.delete(tenant);
    else shares.set(tenant, share * factor);
  }
}

/** A tenant is low-volume up to this fraction of the largest share. */
const LOW_VOLUME_FRACTION = 1 / 4;

/**
 * Returns the largest share at which a tenant's jobs are prioritized; 0 if none are. It is at most a quarter of the largest
 * share, and all prioritized tenants together have less than half of all jobs, so the other tenants never starve.
 *
 * @param laneLength jobs in the lane that no share accounts for were added by other processes
 */
export function priorityThreshold(shares: TenantShares, laneLength: number): number {
  const sorted = [...shares.values()].toSorted((a, b) => a - b);
  const unaccounted = Math.max(laneLength - sumOf(sorted), 0);
  const maxShare = Math.max(unaccounted, sorted.at(-1) ?? 0) * LOW_VOLUME_FRACTION;
  const half = (sumOf(sorted) + unaccounted) / 2;
  let threshold = 0;
  let prioritized = 0;
  for (let next = 0; next < sorted.length;) {
    const share = sorted[next] ?? 0;
    // Equal shares are treated equally.
    const equalCount = sorted.lastIndexOf(share) - next + 1;
    prioritized += share * equalCount;
    if (share > maxShare || prioritized >= half) break;
    threshold = share;
    next += equalCount;
  }
  return threshold;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** How many jobs each tenant has recently added to a lane. */
type TenantVolumes = Map<string, number>;

/** A smaller volume is removed. */
const MIN_VOLUME = 0.5;

/** When the lane is longer than all volumes by this factor, it was filled by other processes. */
const FILLED_BY_OTHERS = 2;

/** The time in which a volume halves, in milliseconds. */
const HALF_LIFE_MS = 1000;

/**
 * Lets the volumes decay. They halve every second. While they account for the jobs that wait in the lane, they shrink only
 * as fast as the lane does: a tenant that filled the lane is remembered until the lane is empty.
 */
export function decay(
  volumes: TenantVolumes,
  { elapsedMs, laneLength }: { elapsedMs: number; laneLength: number },
): void {
  const waiting = laneLength / sumOf(volumes.values());
  const kept = waiting > FILLED_BY_OTHERS ? 0 : Math.min(waiting, 1);
  const factor = Math.max(2 ** (-elapsedMs / HALF_LIFE_MS), kept);
  for (const [tenant, volume] of volumes) {
    if (volume * factor < MIN_VOLUME) volumes.delete(tenant);
    else volumes.set(tenant, volume * factor);
  }
}

/** A tenant is low-volume up to this fraction of the largest volume. */
const LOW_VOLUME_FRACTION = 1 / 4;

/**
 * Returns the largest volume at which a tenant's jobs are prioritized; 0 if none are. It is at most a quarter of the largest
 * volume, and all prioritized tenants together have less than half of all jobs, so the other tenants never starve.
 *
 * @param laneLength jobs in the lane that no volume accounts for were added by other processes
 */
export function priorityThreshold(volumes: TenantVolumes, laneLength: number): number {
  const sorted = [...volumes.values()].toSorted((a, b) => a - b);
  const unaccounted = Math.max(laneLength - sumOf(sorted), 0);
  const maxVolume = Math.max(unaccounted, sorted.at(-1) ?? 0) * LOW_VOLUME_FRACTION;
  const half = (sumOf(sorted) + unaccounted) / 2;
  let threshold = 0;
  let prioritized = 0;
  for (let next = 0; next < sorted.length;) {
    const volume = sorted[next] ?? 0;
    // Equal volumes are treated equally.
    const equalCount = sorted.lastIndexOf(volume) - next + 1;
    prioritized += volume * equalCount;
    if (volume > maxVolume || prioritized >= half) break;
    threshold = volume;
    next += equalCount;
  }
  return threshold;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

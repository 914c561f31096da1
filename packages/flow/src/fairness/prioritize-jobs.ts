import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { DeliveryQueue } from '@posthorn/queue';
import { LaneLength } from './lane-length.js';
import type { TenantJob } from './tenant-job.js';
import { decay, priorityThreshold } from './tenant-volumes.js';

interface PrioritizedBatch {
  /** Jobs that run before those that wait in the lane. In reverse order, because the lane takes the last one first. */
  prioritized: TenantJob[];
  others: TenantJob[];
}

const nowMs = (): number => performance.now();

/** In a shorter lane every job runs soon, and none is prioritized. */
const LONG_LANE = 100;

/**
 * Returns a function that prioritizes the jobs of low-volume tenants, so that a flood of one tenant does not delay the
 * others. It remembers how many jobs each tenant added to the fast lane from this process. When the lane is long, the jobs
 * of tenants with a low volume are prioritized. The lane is not counted while all jobs belong to the default tenant.
 */
export function prioritizeJobs(queue: Pick<DeliveryQueue, 'fastLaneLength'>) {
  const volumes = new Map<string, number>();
  const lane = new LaneLength(() => queue.fastLaneLength(), nowMs);
  let decayedAtMs = nowMs();

  async function updateVolumes(jobs: readonly TenantJob[]): Promise<number> {
    const tenantIds = [...volumes.keys(), ...jobs.map((job) => job.tenantId)];
    const laneLength = tenantIds.some((id) => id !== DEFAULT_TENANT_ID) ? await lane.estimate() : 0;
    const elapsedMs = nowMs() - decayedAtMs;
    decay(volumes, { elapsedMs, laneLength });
    decayedAtMs += elapsedMs;
    return laneLength;
  }

  /** Sets `prioritized` on the jobs it selects. */
  return async (jobs: TenantJob[]): Promise<PrioritizedBatch> => {
    const fastJobs = jobs.filter((job) => job.lane === 'fast');
    if (fastJobs.length === 0) return { prioritized: [], others: jobs };
    const laneLength = await updateVolumes(fastJobs);
    for (const { tenantId } of fastJobs) volumes.set(tenantId, (volumes.get(tenantId) ?? 0) + 1);
    lane.add(fastJobs.length);
    if (laneLength < LONG_LANE) return { prioritized: [], others: jobs };
    const threshold = priorityThreshold(volumes, laneLength + fastJobs.length);
    const isPrioritized = (job: TenantJob) =>
      job.lane === 'fast' && (volumes.get(job.tenantId) ?? 0) <= threshold;
    const prioritized = jobs.filter(isPrioritized).toReversed();
    for (const job of prioritized) job.prioritized = true;
    return { prioritized, others: jobs.filter((job) => !isPrioritized(job)) };
  };
}

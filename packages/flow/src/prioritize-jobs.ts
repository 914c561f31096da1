import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';
import { LaneLength } from './lane-length.js';
import { decay, priorityThreshold } from './tenant-shares.js';

/** A job, and for whom it is. */
export interface TenantJob extends DeliveryJob {
  tenantId: string;
}

/** A batch of jobs. */
export interface Arranged {
  /** Marked to go ahead of what waits in the lane. The last is first here, as the lane takes it. */
  prioritized: DeliveryJob[];
  others: DeliveryJob[];
}

const nowMs = (): number => performance.now();

/** In a shorter lane everybody's turn comes soon. */
const LONG_LANE = 100;

/**
 * Keeps one tenant's flood from delaying the others. This process remembers how much each tenant has put into the fast
 * lane; when that is long, the jobs of those who put in far less than others go ahead of what waits there. Where all
 * belongs to the default tenant nothing is asked.
 */
export function prioritizeJobs({ fastLaneLength }: Pick<DeliveryQueue, 'fastLaneLength'>) {
  const shares = new Map<string, number>();
  const lane = new LaneLength(fastLaneLength, nowMs);
  let rememberedAtMs = nowMs();

  async function lookAtLane(jobs: readonly TenantJob[]): Promise<number> {
    const tenantIds = [...shares.keys(), ...jobs.map((job) => job.tenantId)];
    const laneLength = tenantIds.some((id) => id !== DEFAULT_TENANT_ID) ? await lane.now() : 0;
    const elapsedMs = nowMs() - rememberedAtMs;
    decay(shares, { elapsedMs, laneLength });
    rememberedAtMs += elapsedMs;
    return laneLength;
  }

  /** Tells the jobs that go ahead from the others. */
  return async (jobs: TenantJob[]): Promise<Arranged> => {
    const first = jobs.filter((job) => job.lane === 'fast');
    if (first.length === 0) return { prioritized: [], others: jobs };
    const laneLength = await lookAtLane(first);
    for (const { tenantId } of first) shares.set(tenantId, (shares.get(tenantId) ?? 0) + 1);
    lane.added(first.length);
    if (laneLength < LONG_LANE) return { prioritized: [], others: jobs };
    const most = priorityThreshold(shares, laneLength + first.length);
    const goesAhead = (job: TenantJob) => job.lane === 'fast' && (shares.get(job.tenantId) ?? 0) <= most;
    const prioritized = jobs.filter(goesAhead).toReversed();
    for (const job of prioritized) job.prioritized = true;
    return { prioritized, others: jobs.filter((job) => !goesAhead(job)) };
  };
}

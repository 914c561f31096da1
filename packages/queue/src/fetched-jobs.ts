import type { Moment } from '@posthorn/core';
import type { Job } from 'bullmq';

/** The call that fetched a job. */
export interface Fetch {
  /** When the call was made, so before Redis executed it. */
  askedAt: Moment;
  /** When Redis executed it, by its own clock, in milliseconds since 1970. */
  redisMs: number;
  /** The server that executed it, until its restart; null if unknown. */
  redisRunId: string | null;
}

const fetches = new WeakMap<Job, Fetch>();

export function rememberFetch(job: Job, fetch: Fetch): void {
  fetches.set(job, fetch);
}

export function fetchOf(job: Job): Fetch | undefined {
  return fetches.get(job);
}

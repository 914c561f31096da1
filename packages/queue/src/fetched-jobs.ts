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

/** A property instead of a WeakMap, of which V8 keeps all keys, with what they refer to, until the next full garbage collection. */
const FETCH = Symbol('fetch');

type FetchedJob = Job & { [FETCH]?: Fetch };

export function rememberFetch(job: FetchedJob, fetch: Fetch): void {
  job[FETCH] = fetch;
}

export function fetchOf(job: FetchedJob): Fetch | undefined {
  return job[FETCH];
}

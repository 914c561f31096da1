import { MAX_READ_AGE_MS } from './gate.js';

/** Most attempts to send a request whose read went stale each time before the request started. */
export const MAX_STALE_READS = 3;

/** The freshness of the read that a request is based on. A request must not start on a stale read. */
export interface ReadFreshness {
  isFresh: () => boolean;
  /** Reads again. Called when a new connection took longer to open than a read stays fresh. */
  refresh: () => Promise<void>;
}

/**
 * Returns the freshness of a read of a webhook. No request starts on a read that is older than
 * `MAX_READ_AGE_MS`, which is less than suspend and delete wait.
 */
export function readFreshness(read: {
  /** When the read began, by `monotonicMs`. */
  readAtMs: number;
  /** A clock that never goes back, in milliseconds. */
  monotonicMs: () => number;
  /** Reads again; false if the request must not be sent any more. */
  isUnchanged: () => Promise<boolean>;
}): ReadFreshness {
  let freshSinceMs = read.readAtMs;
  return {
    isFresh: () => read.monotonicMs() - freshSinceMs < MAX_READ_AGE_MS,
    async refresh() {
      const startedAtMs = read.monotonicMs();
      if (await read.isUnchanged()) freshSinceMs = startedAtMs;
    },
  };
}

/**
 * Repeats `attempt`, which reads and then sends, while its read goes stale before the request starts.
 *
 * @returns the result of `attempt`; `'stale'` after `MAX_STALE_READS`: the database is too slow
 */
export async function repeatWhileStale<Result>(
  attempt: () => Promise<Result | 'stale'>,
): Promise<Result | 'stale'> {
  for (let reads = 0; reads < MAX_STALE_READS; reads += 1) {
    const result = await attempt();
    if (result !== 'stale') return result;
  }
  return 'stale';
}

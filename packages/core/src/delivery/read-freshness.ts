import { MAX_READ_AGE_MS } from './gate.js';

/** Maximum number of attempts to send a request whose read went stale each time before the request started. */
export const MAX_STALE_READS = 3;

/** A point in time by two clocks, in milliseconds. */
export interface Moment {
  /** Never goes back, but stands still while a virtual machine is paused. */
  monotonicMs: number;
  /** Milliseconds since 1970. Can be set to any time. */
  wallMs: number;
}

export const currentMoment = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() });

/** The freshness of the read that a request is based on. A request must not start on a stale read. */
export interface ReadFreshness {
  isFresh: () => boolean;
  /** Reads again. Called when a new connection took longer to open than a read stays fresh. */
  refresh: () => Promise<void>;
}

/** The freshness of requests that depend on no webhook, so that no call stops them: those of tools and tests. */
export const NO_BARRIER: ReadFreshness = { isFresh: () => true, refresh: () => Promise.resolve() };

/**
 * Returns the freshness of a read of a webhook. No request starts on a read that is older than
 * `MAX_READ_AGE_MS`, which is less than suspend and delete wait.
 */
export function readFreshness(read: {
  /** When the statement of the read was sent. */
  readAt: Moment;
  now: () => Moment;
  /** Reads again. Returns when the statement was sent; null if the request must not be sent any more. */
  readAgain: () => Promise<Moment | null>;
}): ReadFreshness {
  let { readAt } = read;
  return {
    isFresh: () => isWithin(MAX_READ_AGE_MS, { readAt, now: read.now() }),
    async refresh() {
      readAt = (await read.readAgain()) ?? readAt;
    },
  };
}

/** Returns whether both clocks agree that a read is not older. A clock that was set back makes it too old. */
export function isWithin(maxAgeMs: number, { readAt, now }: { readAt: Moment; now: Moment }): boolean {
  const ages = [now.monotonicMs - readAt.monotonicMs, now.wallMs - readAt.wallMs];
  return ages.every((ageMs) => ageMs >= 0 && ageMs < maxAgeMs);
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

import { BARRIER_MS } from '@posthorn/core';

/** How long calls and repeated tasks of the API wait, in milliseconds. */
export interface Waits {
  /** See `ApiDeps`. */
  barrierMs: number;
  /** See `ApiDeps`. */
  erasureWaitMs: number;
  /** The longest wait of a change for its turn. */
  changeMs: number;
  /** Between two overviews of a stream. */
  overviewPollMs: number;
  /** How long an overview may be reused. */
  overviewFreshMs: number;
  /** How soon a use of an API key is stored. */
  keyUsageFlushMs: number;
}

export const WAITS: Waits = {
  barrierMs: BARRIER_MS,
  // As long as a suspend with a long backlog takes.
  erasureWaitMs: 2000,
  // With the statement timeout, a change fails within 10 s.
  changeMs: 3000,
  overviewPollMs: 2000,
  overviewFreshMs: 1000,
  keyUsageFlushMs: 1000,
};

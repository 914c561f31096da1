import { BARRIER_MS } from '@posthorn/core';
import type { MonitoringWaits } from './monitoring/open-monitoring.js';

/** How long calls and repeated tasks of the API wait, in milliseconds. */
export interface Waits extends MonitoringWaits {
  /** How long suspend and delete wait after their commit until no request to the webhook can start. */
  barrierMs: number;
  /** How long the call of an erasure waits at most until producers have erased the pushes in Redis. */
  erasureWaitMs: number;
  /** The longest wait of a change for its turn. */
  changeMs: number;
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

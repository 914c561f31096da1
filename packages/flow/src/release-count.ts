import type { FlowState } from './congestion-window.js';

/** The state of a webhook that determines how many of its held deliveries are released. */
export interface ReleaseInput {
  state: FlowState;
  nowMs: number;
  maxInFlight: number;
  /** Slots that workers have leased. */
  inFlight: number;
  /** Deliveries that were released and have not started yet. */
  outstanding: number;
  /** For a rate-limited webhook: milliseconds between two requests, and until the next start it allows. */
  rate: { intervalMs: number; nextStartInMs: number } | null;
}

/** How far ahead deliveries are released, so that there is always one to send, in milliseconds. */
const LOOK_AHEAD_MS = 400;

/** Most deliveries of one webhook released at a time. */
const MAX_RELEASED = 100;

/** Returns how many held deliveries of a webhook to release now. */
export function releaseCount({
  state,
  nowMs,
  maxInFlight,
  inFlight,
  outstanding,
  rate,
}: ReleaseInput): number {
  if (state.notBeforeMs > nowMs) return 0;
  const free = Math.floor(Math.min(state.window, maxInFlight)) - inFlight;
  const turnover = state.strikes === 0 && state.latencyMs !== null ? responsesAhead(state) : 0;
  const allowed = rate ? startsAhead(rate) : MAX_RELEASED;
  return Math.max(Math.min(free + turnover, allowed, MAX_RELEASED) - outstanding, 0);
}

/** Returns how many starts the rate limit allows until the next run; at least the next one of a slow limit is not missed. */
function startsAhead({ nextStartInMs, intervalMs }: NonNullable<ReleaseInput['rate']>): number {
  return Math.floor((LOOK_AHEAD_MS - nextStartInMs) / intervalMs) + 1;
}

/** Returns how many slots of a healthy webhook become free until the next run. */
function responsesAhead({ window, latencyMs }: FlowState): number {
  return Math.floor((window * LOOK_AHEAD_MS) / Math.max(latencyMs ?? 1, 1) / 2);
}

import { CODES_BEFORE_RECEIVER, type FailureCode, retryAfterMs, type SentOutcome } from '@posthorn/core';

/** The clock of flow states in this process, in milliseconds. It never goes back, whatever happens to the wall clock. */
export const flowNowMs = (): number => performance.now();

/** The state of a webhook's receiver, as observed by all workers. Times are by the clock of flow states. */
export interface FlowState {
  /** Congestion window: how many requests may be in flight. Grows by fractions; its integer part counts. */
  window: number;
  /** Smoothed latency, from the start of a request to the end of the response; null before the first response. */
  latencyMs: number | null;
  /** The recent minimum of the smoothed latency, which is the latency without queueing; null before the first response. */
  bestLatencyMs: number | null;
  /** Evidence that the receiver is slow or failing: one up for each sign of it, one down for each fast response. */
  strikes: number;
  /** No request starts before this time, because the receiver sent a `Retry-After`; 0 if it did not. */
  notBeforeMs: number;
  /** When the window was last halved. */
  halvedAtMs: number;
}

export const INITIAL_WINDOW = 10;

/** The flow state of a webhook before its first request. */
export const INITIAL_FLOW_STATE: FlowState = {
  window: INITIAL_WINDOW,
  latencyMs: null,
  bestLatencyMs: null,
  strikes: 0,
  notBeforeMs: 0,
  halvedAtMs: 0,
};

/** A response that takes longer is a strike, in milliseconds. */
export const SLOW_AFTER_MS = 1000;

/** Strikes at which a webhook enters the slow lane. It leaves the lane at 0. */
const SLOW_AT_STRIKES = 4;
const MAX_STRIKES = 8;

/** Weight of the newest response in the smoothed latency. */
const LATENCY_WEIGHT = 0.2;

/** How fast the best latency rises, for each response, so that an old minimum does not count forever. */
const BEST_LATENCY_DECAY = 0.001;

/** Requests are considered queued when the latency exceeds the best one by this factor and margin. */
const QUEUE_FACTOR = 2;
const QUEUE_MARGIN_MS = 20;

/** The evidence about a receiver from one request. */
export type FlowSignal =
  /** The receiver responded, with neither 429 nor 5xx. */
  | { kind: 'response'; latencyMs: number }
  /** The request failed, or the response was 429 or 5xx. */
  | { kind: 'congestion'; startedAtMs: number; retryAfterMs: number | null }
  /** The request has been in flight for longer than `SLOW_AFTER_MS`. */
  | { kind: 'overdue' };

/** Returns the flow signal of an outcome; null if no request was made. */
export function toFlowSignal(
  outcome: SentOutcome,
  { startedAtMs, now }: { startedAtMs: number; now: Date },
): FlowSignal | null {
  if (outcome.kind === 'failure') {
    return isEndedBefore(outcome.code) ? null : { kind: 'congestion', startedAtMs, retryAfterMs: null };
  }
  const { status, durationMs } = outcome;
  if (status !== 429 && status < 500) return { kind: 'response', latencyMs: durationMs };
  // With these statuses Retry-After applies to the webhook, not only to this delivery (RFC 6585 for 429, RFC 9110 for 503).
  const pauseMs = status === 429 || status === 503 ? retryAfterMs(outcome.retryAfter, now) : null;
  return { kind: 'congestion', startedAtMs, retryAfterMs: pauseMs };
}

/** Returns whether Posthorn or the egress proxy ended the request, so that the receiver was not involved. */
function isEndedBefore(code: FailureCode): boolean {
  return code === 'blocked_address' || code === 'invalid_url' || CODES_BEFORE_RECEIVER.includes(code);
}

/**
 * Returns the flow state after a signal. The window works as in TCP: it grows with each response, by a whole request
 * without strikes and by 1/window with strikes, and halves at congestion, once for all requests that were in flight then.
 * When the latency shows that requests queue at the receiver, the window does not grow (as in TCP Vegas).
 */
export function nextState(
  state: FlowState,
  signal: FlowSignal,
  { maxInFlight, nowMs }: { maxInFlight: number; nowMs: number },
): FlowState {
  switch (signal.kind) {
    case 'response': {
      const latencyMs = smooth(state.latencyMs, signal.latencyMs);
      const bestLatencyMs = Math.min(
        (state.bestLatencyMs ?? latencyMs) * (1 + BEST_LATENCY_DECAY),
        latencyMs,
      );
      const isQueued = latencyMs > bestLatencyMs * QUEUE_FACTOR + QUEUE_MARGIN_MS;
      return {
        window: isQueued ? state.window : grow(state, maxInFlight),
        latencyMs,
        bestLatencyMs,
        strikes: signal.latencyMs <= SLOW_AFTER_MS ? Math.max(state.strikes - 1, 0) : state.strikes,
        notBeforeMs: state.notBeforeMs,
        halvedAtMs: state.halvedAtMs,
      };
    }
    case 'overdue':
      return {
        window: state.window,
        latencyMs: state.latencyMs,
        bestLatencyMs: state.bestLatencyMs,
        strikes: Math.min(state.strikes + 1, MAX_STRIKES),
        notBeforeMs: state.notBeforeMs,
        halvedAtMs: state.halvedAtMs,
      };
    case 'congestion': {
      const isAlreadyHalved = signal.startedAtMs < state.halvedAtMs;
      return {
        window: isAlreadyHalved ? state.window : Math.max(state.window / 2, 1),
        latencyMs: state.latencyMs,
        bestLatencyMs: state.bestLatencyMs,
        strikes: Math.min(state.strikes + 1, MAX_STRIKES),
        notBeforeMs: Math.max(state.notBeforeMs, nowMs + (signal.retryAfterMs ?? -Infinity)),
        halvedAtMs: isAlreadyHalved ? state.halvedAtMs : nowMs,
      };
    }
  }
}

/** Returns whether a webhook belongs in the slow lane. Between the two thresholds it stays where it is. */
export function shouldBeSlow({ strikes }: FlowState, isSlow: boolean): boolean {
  if (strikes >= SLOW_AT_STRIKES) return true;
  return strikes > 0 && isSlow;
}

function grow({ window, strikes }: FlowState, maxInFlight: number): number {
  return Math.max(Math.min(window + (strikes === 0 ? 1 : 1 / window), maxInFlight), 1);
}

function smooth(previousMs: number | null, latencyMs: number): number {
  const smoothedMs = previousMs === null ? latencyMs : previousMs + LATENCY_WEIGHT * (latencyMs - previousMs);
  return Math.round(smoothedMs * 10) / 10;
}

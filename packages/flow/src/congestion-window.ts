import { type FailureCode, retryAfterMs, type SentOutcome } from '@posthorn/core';

/** What all workers together know of how a webhook takes its requests. Times are milliseconds since 1970. */
export interface FlowState {
  /** Requests that it may have in flight. Grows by fractions; what counts is the whole part. */
  window: number;
  /** From the start of a request to its answer, smoothed, in milliseconds; null before the first answer. */
  latencyMs: number | null;
  /** The best that the smoothed latency has been lately: what it is without a queue; null before the first answer. */
  bestLatencyMs: number | null;
  /** Evidence that it is slow or failing: up at each sign of it, down at each quick answer. */
  strikes: number;
  /** No request starts before, because the receiver asked for it; 0: no such wish. */
  notBeforeMs: number;
  /** When the window was last halved. */
  halvedAtMs: number;
}

export const INITIAL_WINDOW = 10;

/** A webhook that nothing is known of. */
export const INITIAL_FLOW_STATE: FlowState = {
  window: INITIAL_WINDOW,
  latencyMs: null,
  bestLatencyMs: null,
  strikes: 0,
  notBeforeMs: 0,
  halvedAtMs: 0,
};

/** An answer that takes longer is a sign of a slow receiver, in milliseconds. */
export const SLOW_AFTER_MS = 1000;

/** Signs in a row, more or less, that put a webhook into the slow lane; quick answers for all of them bring it back. */
const SLOW_AT_STRIKES = 4;
const MAX_STRIKES = 8;

/** The weight of the newest answer in the smoothed latency. */
const LATENCY_WEIGHT = 0.2;

/** How fast the best latency is forgotten, at each answer, and how far above it answers may take before a queue is seen. */
const BEST_FORGOTTEN = 0.001;
const QUEUE_FACTOR = 2;
const QUEUE_MS = 20;

/** What one request tells of its receiver. */
export type FlowSignal =
  | { kind: 'answered'; latencyMs: number }
  | { kind: 'trouble'; startedAtMs: number; retryAfterMs: number | null }
  /** It has been under way for longer than `SLOW_AFTER_MS`. */
  | { kind: 'overdue' };

/** What an outcome tells of the receiver; null for what was not its doing. */
export function toFlowSignal(
  outcome: SentOutcome,
  { startedAtMs, now }: { startedAtMs: number; now: Date },
): FlowSignal | null {
  if (outcome.kind === 'failure') {
    return isOwnFault(outcome.code) ? null : { kind: 'trouble', startedAtMs, retryAfterMs: null };
  }
  const { status, durationMs } = outcome;
  if (status !== 429 && status < 500) return { kind: 'answered', latencyMs: durationMs };
  // Of the webhook, not only of this delivery (RFC 6585 for 429, RFC 9110 for 503).
  const asked = status === 429 || status === 503 ? retryAfterMs(outcome.retryAfter, now) : null;
  return { kind: 'trouble', startedAtMs, retryAfterMs: asked };
}

/** Nothing was asked of the receiver. */
function isOwnFault(code: FailureCode): boolean {
  return code === 'blocked_address' || code === 'invalid_url';
}

/**
 * The pace after a signal, as TCP would have it: the window grows with every answer in time, by a whole request while all
 * is well and more carefully after trouble, and halves at trouble, once for all the requests that were under way then. When
 * answers take longer the more requests are in flight, more would only wait in a queue: then it stays (as in TCP Vegas).
 */
export function nextState(
  pace: FlowState,
  signal: FlowSignal,
  { maxInFlight, nowMs }: { maxInFlight: number; nowMs: number },
): FlowState {
  switch (signal.kind) {
    case 'answered': {
      const latencyMs = smoothed(pace.latencyMs, signal.latencyMs);
      const bestLatencyMs = Math.min((pace.bestLatencyMs ?? latencyMs) * (1 + BEST_FORGOTTEN), latencyMs);
      const queued = latencyMs > bestLatencyMs * QUEUE_FACTOR + QUEUE_MS;
      return {
        window: queued ? pace.window : grown(pace, maxInFlight),
        latencyMs,
        bestLatencyMs,
        strikes: signal.latencyMs <= SLOW_AFTER_MS ? Math.max(pace.strikes - 1, 0) : pace.strikes,
        notBeforeMs: pace.notBeforeMs,
        halvedAtMs: pace.halvedAtMs,
      };
    }
    case 'overdue':
      return { ...pace, strikes: Math.min(pace.strikes + 1, MAX_STRIKES) };
    case 'trouble': {
      const alreadyHalved = signal.startedAtMs < pace.halvedAtMs;
      return {
        ...pace,
        window: alreadyHalved ? pace.window : Math.max(pace.window / 2, 1),
        strikes: Math.min(pace.strikes + 1, MAX_STRIKES),
        notBeforeMs: Math.max(pace.notBeforeMs, nowMs + (signal.retryAfterMs ?? -Infinity)),
        halvedAtMs: alreadyHalved ? pace.halvedAtMs : nowMs,
      };
    }
  }
}

/** Whether a webhook belongs into the slow lane. Between the two limits it stays where it is. */
export function isSlowAt({ strikes }: FlowState, wasSlow: boolean): boolean {
  if (strikes >= SLOW_AT_STRIKES) return true;
  return strikes > 0 && wasSlow;
}

function grown({ window, strikes }: FlowState, maxInFlight: number): number {
  return Math.max(Math.min(window + (strikes === 0 ? 1 : 1 / window), maxInFlight), 1);
}

function smoothed(before: number | null, latencyMs: number): number {
  const latency = before === null ? latencyMs : before + LATENCY_WEIGHT * (latencyMs - before);
  return Math.round(latency * 10) / 10;
}

/** How a webhook stands at one moment. */
export interface Standing {
  pace: FlowState;
  nowMs: number;
  maxInFlight: number;
  /** Requests in flight, and those about to be. */
  inFlight: number;
  /** Held deliveries that were released and have not taken their slot yet. */
  outstanding: number;
  /** For a limited one: milliseconds from one request to the next, and until the next free slot. */
  rate: { intervalMs: number; nextSlotInMs: number } | null;
}

/** How far ahead held deliveries are released, so that there is always one to send, in milliseconds. */
const RELEASE_AHEAD_MS = 400;

/** Most that are released for one webhook at a time. */
const MAX_RELEASED = 100;

/** How many of its held deliveries a webhook may be given now. */
export function releaseCount({ pace, nowMs, maxInFlight, inFlight, outstanding, rate }: Standing): number {
  if (pace.notBeforeMs > nowMs) return 0;
  const room = Math.floor(Math.min(pace.window, maxInFlight)) - inFlight;
  const turnover = pace.strikes === 0 && pace.latencyMs !== null ? answersAhead(pace) : 0;
  const paced = rate ? slotsAhead(rate) : MAX_RELEASED;
  return Math.max(Math.min(room + turnover, paced, MAX_RELEASED) - outstanding, 0);
}

/** How many slots of a rate limit begin by the next time; one of a slow limit is not missed. */
function slotsAhead({ nextSlotInMs, intervalMs }: NonNullable<Standing['rate']>): number {
  return Math.floor((RELEASE_AHEAD_MS - nextSlotInMs) / intervalMs) + 1;
}

/** How many requests a webhook that is well will have answered by the next time. */
function answersAhead({ window, latencyMs }: FlowState): number {
  return Math.floor((window * RELEASE_AHEAD_MS) / Math.max(latencyMs ?? 1, 1) / 2);
}

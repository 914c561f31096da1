import type { TokenWait, WebhookLimits } from '@posthorn/database/webhooks';
import type { FlowState } from '../slots/congestion-window.js';
import type { OutstandingCount } from './outstanding-releases.js';
import { type FlowSnapshot, intervalMs } from '../slots/slot-messages.js';

/** What limits the requests of a webhook now. */
interface WebhookFlow {
  state: FlowState;
  nowMs: number;
  maxInFlight: number;
  /** Slots that workers have leased. */
  inFlight: number;
  /** For a rate-limited webhook: milliseconds between two requests, and until the next start it allows. */
  rate: { intervalMs: number; nextStartInMs: number } | null;
  /** How its deliveries wait for the access token that they need. */
  tokenWait: TokenWait | null;
}

/** The state of a webhook that determines how many of its held deliveries are released. */
export interface ReleaseInput extends WebhookFlow, OutstandingCount {}

/** Returns what limits the requests of a webhook now. */
export function toWebhookFlow(
  webhook: WebhookLimits,
  { state, inFlight, nextStartInMs }: FlowSnapshot,
  nowMs: number,
): WebhookFlow {
  const { maxInFlight, tokenWait } = webhook;
  const everyMs = intervalMs(webhook);
  const rate = everyMs === null ? null : { intervalMs: everyMs, nextStartInMs };
  return { state, nowMs, maxInFlight, inFlight, rate, tokenWait };
}

/** How far ahead deliveries are released, so that there is always one to send, in milliseconds. */
const LOOK_AHEAD_MS = 400;

/** The same with a rate limit, which assigns each delivery its start. */
const RATE_LOOK_AHEAD_MS = 1000;

/** A job of a rate-limited webhook starts this long before its request, in milliseconds: it waits for other jobs of its lane. */
const RATE_LEAD_MS = 150;

/** Longest time between two visits of a webhook, in milliseconds: its limits may change. */
const MAX_PAUSE_MS = 1000;

/** Pause after the first visit of a failing webhook that released nothing, in milliseconds. It doubles with each further one. */
const FAILING_PAUSE_MS = 100;

/** The same for a webhook whose deliveries wait for an access token. */
const TOKEN_PAUSE_MS = 100;

/** Maximum number of deliveries of one webhook released at a time. */
const MAX_RELEASED = 100;

/**
 * Why the deliveries of a webhook are held: its access token is being fetched or cannot be had, a `Retry-After` of its receiver, its rate limit, or its
 * congestion window.
 */
export type HoldReason = 'access_token' | 'paused' | 'rate_limit' | 'window';

/** Returns which limit releases the held deliveries of a webhook last. */
export function holdReason(input: WebhookFlow): HoldReason {
  if (input.tokenWait !== null) return 'access_token';
  if (input.state.notBeforeMs > input.nowMs) return 'paused';
  return isRateLimited(input) ? 'rate_limit' : 'window';
}

/** Returns how many held deliveries of a webhook to release now. */
export function releaseCount(input: ReleaseInput): number {
  if (input.tokenWait === 'all' || input.state.notBeforeMs > input.nowMs) return 0;
  const most = input.tokenWait === 'all_but_one' ? 1 : MAX_RELEASED;
  const allowed = input.rate ? startsAhead(input.rate) : most;
  const free = freeSlots(input) + failuresAhead(input);
  return Math.max(Math.min(free, allowed, most) - input.outstanding, 0);
}

/**
 * Returns how long not to visit a webhook again, in milliseconds, after `count` deliveries were released. 0 for the next run.
 * @param emptyCount visits in a row that released nothing before
 */
export function visitPauseMs(input: ReleaseInput, count: number, emptyCount: number): number {
  return Math.min(wantedPauseMs(input, count, emptyCount), MAX_PAUSE_MS);
}

function wantedPauseMs(input: ReleaseInput, count: number, emptyCount: number): number {
  const { state, nowMs, rate, tokenWait } = input;
  if (tokenWait !== null) return TOKEN_PAUSE_MS * 2 ** emptyCount;
  if (state.notBeforeMs > nowMs) return state.notBeforeMs - nowMs;
  if (rate && count < MAX_RELEASED && isRateLimited(input)) {
    return Math.max(rate.nextStartInMs - RATE_LOOK_AHEAD_MS, RATE_LOOK_AHEAD_MS / 2);
  }
  return count === 0 && state.strikes > 0 ? FAILING_PAUSE_MS * 2 ** emptyCount : 0;
}

/** Returns the delay of the job of a released delivery, in milliseconds. @param before deliveries of the webhook released before it */
export function jobDelayMs({ outstanding, rate }: ReleaseInput, before: number): number {
  if (!rate) return 0;
  return Math.max(rate.nextStartInMs + (outstanding + before) * rate.intervalMs - RATE_LEAD_MS, 0);
}

/** Returns how many outstanding deliveries may start now: the jobs of the others are delayed. */
export function startingCount({ outstanding, rate }: Pick<ReleaseInput, 'outstanding' | 'rate'>): number {
  if (!rate) return outstanding;
  const allowed = Math.floor((RATE_LEAD_MS - rate.nextStartInMs) / rate.intervalMs) + 1;
  return Math.min(outstanding, Math.max(allowed, 0));
}

/** Returns how many starts the rate limit allows soon; at least the next one of a slow limit is not missed. */
function startsAhead(rate: NonNullable<ReleaseInput['rate']>): number {
  return Math.floor((RATE_LOOK_AHEAD_MS - rate.nextStartInMs) / rate.intervalMs) + 1;
}

/** Returns whether the rate limit allows no more starts than the window. */
function isRateLimited({ rate, ...input }: WebhookFlow): boolean {
  return rate !== null && startsAhead(rate) <= freeSlots(input);
}

/** Returns how many slots are free, or become free until the next visit. */
function freeSlots({
  state,
  maxInFlight,
  inFlight,
}: Pick<ReleaseInput, 'state' | 'maxInFlight' | 'inFlight'>): number {
  const free = Math.floor(Math.min(state.window, maxInFlight)) - inFlight;
  return free + (state.strikes === 0 && state.latencyMs !== null ? responsesAhead(state) : 0);
}

/**
 * Returns how many slots of a failing webhook become free until the next run: as many as since the last one, or more if they were not enough.
 * Otherwise its held deliveries would be sent more slowly than those that find a free slot, and a backlog would never end.
 */
function failuresAhead({ state, outstanding, promptlyEnded }: ReleaseInput): number {
  if (state.strikes === 0) return 0;
  return outstanding === 0 ? 2 * promptlyEnded : promptlyEnded;
}

/** Returns how many slots of a healthy webhook become free until the next run. */
function responsesAhead({ window, latencyMs }: FlowState): number {
  return Math.floor((window * LOOK_AHEAD_MS) / Math.max(latencyMs ?? 1, 1) / 2);
}

import { assertState } from './assert-state.js';
import { type FlowSignal, type FlowState, INITIAL_FLOW_STATE, nextState } from './congestion-window.js';
import type { SlotReply, SlotRequest, SlotWebhook } from './slot-messages.js';

/**
 * - `new`: nothing has been synced. No slot is leased.
 * - `syncing`: a request to the store is in flight. The last one, if there was one, succeeded.
 * - `synced`: the store replied to the last request.
 * - `failed`: the last request failed. The last known flow state stays in use until the store replies again.
 * - `retrying`: a request to the store is in flight after one that failed.
 *
 * ```
 * new ──begin──▶ syncing ──reply──▶ synced ──begin──▶ syncing
 *                syncing ──fail───▶ failed ──begin──▶ retrying ──reply──▶ synced
 *                                                     retrying ──fail───▶ failed
 * ```
 */
export type SyncState = 'new' | 'syncing' | 'synced' | 'failed' | 'retrying';

/** A lease is renewed when the last sync is older, in milliseconds. */
const RENEW_AFTER_MS = 1500;

/**
 * Responses are reported when the last sync is older, in milliseconds: shortly before the reply is no longer valid, so that the next
 * delivery does not wait for a sync. A slot that is returned by then is reported in the same request.
 */
const REPORT_AFTER_MS = 40;

/** A free slot passes to the next delivery without a sync while the last reply is not older, in milliseconds. */
const REPLY_VALID_MS = 50;

/**
 * The fence is known from a reply whose request is not older, in milliseconds: a frozen worker may get an old reply late. Shorter
 * than a failover that undoes a confirmed suspend.
 */
const MAX_REPLY_AGE_MS = 500;

/** The contents of the request in flight. `signals` is the number of signals it applied. */
interface Reported {
  signals: number;
  held: boolean;
  endedWaits: number;
}

/** The sync of one webhook with the slot store: the report to send next, and the last reply. */
export class StoreSync {
  /** A sync must start now, not at the next tick. */
  isUrgent = false;
  #state: SyncState = 'new';
  /** Leased slots as the store knows them. */
  #reportedSlots = 0;
  #inFlight: Reported | null = null;
  #signals: FlowSignal[] = [];
  #held = false;
  #endedWaits = 0;
  /** The version of the flow state; null before the first reply. */
  #version: number | null = null;
  #flowState: FlowState = INITIAL_FLOW_STATE;
  #begunAtMs = 0;
  #repliedAtMs = 0;
  /** When the last request with a reply began. */
  #requestedAtMs = 0;

  get state(): SyncState {
    return this.#state;
  }

  get flowState(): FlowState {
    return this.#flowState;
  }

  addSignal(signal: FlowSignal): void {
    this.#signals.push(signal);
    // Other workers must see it soon. Responses only grow the window and can wait.
    if (signal.kind !== 'response') this.isUrgent = true;
  }

  addHeld(): void {
    this.#held = true;
    this.isUrgent = true;
  }

  /** The wait of a delivery has ended: its request was started, or a released delivery was held again. */
  addEndedWait(): void {
    this.#endedWaits += 1;
  }

  /** Returns whether there is something to report to the store, or a lease has to be renewed. */
  isDue(leased: number, nowMs: number): boolean {
    if (this.isUrgent || leased !== this.#reportedSlots) return true;
    const ageMs = nowMs - this.#begunAtMs;
    return (this.#signals.length > 0 && ageMs > REPORT_AFTER_MS) || (leased > 0 && ageMs > RENEW_AFTER_MS);
  }

  /** Returns whether nothing is left to report and the store has no slot of this worker. */
  get isComplete(): boolean {
    const isIdle = this.#state === 'new' || this.#state === 'synced' || this.#state === 'failed';
    return isIdle && this.#reportedSlots === 0 && this.#signals.length === 0 && !this.isUrgent;
  }

  /** Whether the last request failed. */
  get isUnavailable(): boolean {
    return this.#state === 'failed' || this.#state === 'retrying';
  }

  /** Returns whether the last reply is still valid. While the store is unavailable a reply does not expire. */
  isReplyValid(nowMs: number): boolean {
    return this.isUnavailable || nowMs - this.#repliedAtMs <= REPLY_VALID_MS;
  }

  /** Returns whether the last reply would show a fence raised before a failover, for a webhook that was read by now. */
  isFenceKnown(nowMs: number): boolean {
    const isRecent =
      nowMs - this.#repliedAtMs <= REPLY_VALID_MS && nowMs - this.#requestedAtMs <= MAX_REPLY_AGE_MS;
    return isRecent && !this.isUnavailable;
  }

  /** Starts a sync. Returns the request with everything that is not reported yet. */
  begin(
    {
      webhook,
      leased,
      released,
      fresh,
    }: { webhook: SlotWebhook; leased: number; released: number; fresh: number },
    nowMs: number,
  ): SlotRequest {
    assertState(this.#inFlight === null, `cannot begin a sync while ${this.#state}`);
    this.#state = this.#state === 'failed' ? 'retrying' : 'syncing';
    const update = this.#nextUpdate(webhook.maxInFlight, nowMs);
    const held = this.#held;
    const endedWaits = this.#endedWaits;
    this.#inFlight = { signals: update === null ? 0 : this.#signals.length, held, endedWaits };
    this.isUrgent = false;
    this.#held = false;
    this.#endedWaits = 0;
    this.#reportedSlots = leased;
    this.#begunAtMs = nowMs;
    return { webhook, leased, released, fresh, update, held, endedWaits };
  }

  /** Completes the sync in flight. */
  applyReply(reply: SlotReply, nowMs: number): void {
    const reported = this.#end('synced');
    if (reply.updated) this.#signals = this.#signals.slice(reported.signals);
    this.#version = reply.version;
    this.#flowState = reply.state;
    this.#repliedAtMs = nowMs;
    this.#requestedAtMs = this.#begunAtMs;
    // Another worker changed the flow state first: the signals are applied again, to the new one.
    if (this.#signals.length > 0 && !reply.updated) this.isUrgent = true;
    this.#reportedSlots += reply.released + reply.fresh;
  }

  /** Records that the request failed: the next one reports the same again. */
  fail(): void {
    const reported = this.#end('failed');
    this.#held ||= reported.held;
    this.#endedWaits += reported.endedWaits;
    this.isUrgent = true;
  }

  #end(state: 'synced' | 'failed'): Reported {
    const reported = this.#inFlight;
    assertState(reported !== null, `no sync is in flight: ${this.#state}`);
    this.#inFlight = null;
    this.#state = state;
    return reported;
  }

  #nextUpdate(maxInFlight: number, nowMs: number): SlotRequest['update'] {
    if (this.#version === null || this.#signals.length === 0) return null;
    const limits = { maxInFlight, nowMs };
    const next = this.#signals.reduce((state, signal) => nextState(state, signal, limits), this.#flowState);
    return {
      version: this.#version,
      state: next,
      pauseMs: next.notBeforeMs === this.#flowState.notBeforeMs ? null : next.notBeforeMs - nowMs,
      isHalved: next.halvedAtMs !== this.#flowState.halvedAtMs,
    };
  }
}

import {
  type FlowSignal,
  type FlowState,
  INITIAL_FLOW_STATE,
  isSlowAt,
  nextState,
} from './congestion-window.js';
import { type FlowWebhook, intervalMs, type SlotReply, type SlotRequest } from './slot-store.js';

/** A webhook as a worker has read it. */
export interface LimitedWebhook extends FlowWebhook {
  isSlow: boolean;
}

/** Whether a delivery may be sent now, or is to be held until its webhook has room. */
export type Admission = 'go' | 'hold';

interface Waiter {
  released: boolean;
  sinceMs: number;
  resolve: (admission: Admission) => void;
}

/**
 * A delivery waits here for a slot, in its place in the lane, for so long, in milliseconds. When the lane is nearly full others
 * may need the place: then it waits a shorter time, and not at all when it is known to take longer.
 */
const LONGEST_WAIT_MS = 2000;
const LONGEST_WAIT_IN_FULL_LANE_MS = 500;

/** Slots are told of again before their lease ends, in milliseconds. */
const RENEW_MS = 1500;

/** A slot passes on to the next delivery without asking the store, if the store was heard of so recently, in milliseconds. */
const FRESH_MS = 50;

/**
 * The slots of one webhook that this worker has. Slots come from the store, pass from one delivery to the next, and go back
 * when they stay unused from one tick to the next.
 */
export class WebhookSlots {
  webhook: LimitedWebhook;
  /** Must be told to the store now. */
  urgent = false;
  /** Slots that are ours, in use or not. */
  #has = 0;
  /** Slots that we last told the store of, and those that it gave then. */
  #told = 0;
  #telling = false;
  #inUse = 0;
  /** The fewest that were unused since the last tick. */
  #unused = 0;
  #waiting: Waiter[] = [];
  /** Those that have a slot and start at its time. */
  #later = 0;
  #signals: FlowSignal[] = [];
  #held = false;
  #started = 0;
  /** Slots to give back as they come free: the window has shrunk. */
  #excess = 0;
  #version: number | null = null;
  #pace: FlowState = INITIAL_FLOW_STATE;
  #othersFirst = false;
  #toldAtMs = 0;
  #heardAtMs = 0;
  /** The store does not answer: what was last heard of it counts until it does. */
  #storeIsAway = false;
  #closed = false;

  constructor(webhook: LimitedWebhook) {
    this.webhook = webhook;
  }

  get pace(): FlowState {
    return this.#pace;
  }

  take(released: boolean, nowMs: number): Promise<Admission> {
    if (this.#othersFirst && !released) return Promise.resolve('hold');
    if (this.#waiting.length === 0 && this.#mayPassOn(nowMs)) {
      this.#use();
      return Promise.resolve('go');
    }
    this.urgent = true;
    return new Promise((resolve) => {
      this.#waiting.push({ released, sinceMs: nowMs, resolve });
    });
  }

  /** A request is over. */
  finish(signal: FlowSignal | null, nowMs: number): void {
    this.#inUse -= 1;
    if (signal) this.#signals.push(signal);
    if (signal?.kind === 'trouble') this.urgent = true;
    // A limited webhook gets each slot at its time, from the store.
    if (signal?.kind !== 'answered' || this.webhook.rateLimit) this.#has = this.#inUse;
    this.#shed();
    this.#passOn(nowMs);
  }

  note(signal: FlowSignal): void {
    this.#signals.push(signal);
    this.urgent = true;
  }

  /** A delivery was held: until all of them are released, no fresh one goes before them. */
  noteHeld(): void {
    this.#held = true;
    this.urgent = true;
  }

  /** Lets go of what has waited in vain. Answers whether the store must be told of something. */
  tick(nowMs: number, laneIsFull: boolean): boolean {
    this.#refuse(({ sinceMs }, index) => {
      const waitedMs = nowMs - sinceMs;
      if (!laneIsFull) return waitedMs > LONGEST_WAIT_MS;
      return waitedMs + this.#expectedWaitMs(index) > LONGEST_WAIT_IN_FULL_LANE_MS;
    });
    this.#othersFirst = false;
    this.#has -= Math.min(this.#unused, this.#free());
    this.#unused = this.#free();
    const renew = this.#has > 0 && nowMs - this.#toldAtMs > RENEW_MS;
    const changed = this.#has !== this.#told || this.#signals.length > 0;
    return this.urgent || changed || renew || this.#waiting.length + this.#later > 0;
  }

  /** Nothing is left to do or to tell. */
  get idle(): boolean {
    const nothingToTell = this.#told === 0 && this.#signals.length === 0 && !this.urgent && !this.#telling;
    return nothingToTell && this.#has === 0 && this.#waiting.length === 0;
  }

  /** What to tell the store now, and what to do with its reply. */
  exchange(nowMs: number): { request: SlotRequest; accept: (reply: SlotReply, nowMs: number) => void } {
    this.urgent = false;
    this.#telling = true;
    this.#told = this.#has;
    this.#toldAtMs = nowMs;
    const signals = this.#signals.length;
    const pace = this.#nextPace(nowMs);
    const held = this.#held;
    const started = this.#started;
    this.#held = false;
    this.#started = 0;
    const released = this.#waiting.filter((waiter) => waiter.released).length;
    const fresh = this.#waiting.length - released;
    const request = { webhook: this.webhook, has: this.#has, released, fresh, pace, held, started };
    return { request, accept: (reply, now) => this.#accept(reply, pace === null ? 0 : signals, now) };
  }

  /** The store did not answer: the same must be told again. */
  notTold(request: SlotRequest, nowMs: number): void {
    this.#telling = false;
    this.#storeIsAway = true;
    this.#held ||= request.held;
    this.#started += request.started;
    this.urgent = true;
    this.#passOn(nowMs);
  }

  /** Ends the wait of everything that waits here. */
  close(): void {
    this.#closed = true;
    this.#refuse(() => true);
    this.#has = this.#inUse;
    this.urgent = true;
  }

  #nextPace(nowMs: number): SlotRequest['pace'] {
    if (this.#version === null || this.#signals.length === 0) return null;
    const limits = { maxInFlight: this.webhook.maxInFlight, nowMs };
    const next = this.#signals.reduce((pace, signal) => nextState(pace, signal, limits), this.#pace);
    return { version: this.#version, next };
  }

  #accept(reply: SlotReply, signalsTold: number, nowMs: number): void {
    if (reply.written) this.#signals = this.#signals.slice(signalsTold);
    this.#version = reply.version;
    this.#pace = reply.pace;
    // Another worker was first: what we have to say of the pace is said again of its new one.
    if (this.#signals.length > 0 && !reply.written) this.urgent = true;
    this.#othersFirst = reply.refusal === 'others_first';
    this.#heardAtMs = nowMs;
    this.#storeIsAway = false;

    const given = reply.released + reply.fresh;
    this.#telling = false;
    this.#told += given;
    this.#has += given;
    this.#excess = reply.excess;
    this.#shed();
    if (this.webhook.rateLimit) this.#startInTurn(reply, nowMs);
    else this.#passOn(nowMs);
    if (this.#closed) this.#has = this.#inUse;
    if (reply.refusal !== null && reply.refusal !== 'window') {
      this.#refuse(({ released }) => reply.refusal !== 'others_first' || !released);
    }
  }

  /** Slots of a limited webhook, each at its time. */
  #startInTurn(reply: SlotReply, nowMs: number): void {
    const everyMs = intervalMs(this.webhook) ?? 0;
    for (let waitMs = reply.waitMs; this.#free() > 0 && this.#waiting.length > 0; waitMs += everyMs) {
      const next = this.#nextWaiter();
      const atMs = nowMs + waitMs;
      this.#use();
      if (waitMs >= 1) this.#startLater(next, { atMs, waitMs });
      else next?.resolve('go');
    }
    this.#has = this.#inUse;
  }

  /** Unless the receiver has asked for a pause by then. */
  #startLater(waiter: Waiter | undefined, { atMs, waitMs }: { atMs: number; waitMs: number }): void {
    this.#later += 1;
    setTimeout(() => {
      this.#later -= 1;
      if (this.#pace.notBeforeMs <= atMs) return waiter?.resolve('go');
      this.#inUse -= 1;
      this.#has = this.#inUse;
      waiter?.resolve('hold');
    }, waitMs);
  }

  #passOn(nowMs: number): void {
    while (this.#waiting.length > 0 && this.#mayPassOn(nowMs)) {
      this.#use();
      this.#nextWaiter()?.resolve('go');
    }
    if (this.#waiting.length > 0 && this.#free() > 0) this.urgent = true;
    this.#unused = Math.min(this.#unused, this.#free());
  }

  /** Another worker may have been asked for a pause since the store was last heard of. */
  #mayPassOn(nowMs: number): boolean {
    const isFresh = nowMs - this.#heardAtMs <= FRESH_MS || this.#storeIsAway;
    return isFresh && this.#free() > 0 && this.#pace.notBeforeMs <= nowMs;
  }

  /** Those that were held have waited longer. */
  #nextWaiter(): Waiter | undefined {
    const index = Math.max(
      this.#waiting.findIndex((waiter) => waiter.released),
      0,
    );
    return this.#waiting.splice(index, 1)[0];
  }

  /** Until so many others before it have had their turn; 0 when nothing is known of its receiver. */
  #expectedWaitMs(before: number): number {
    const { latencyMs, window, strikes } = this.#pace;
    const { maxInFlight } = this.webhook;
    const rounds = before / Math.min(window, maxInFlight);
    // While all is well the window doubles with each round of answers.
    const growing = strikes === 0 && window < maxInFlight;
    return (growing ? Math.log2(1 + rounds) : rounds) * (latencyMs ?? 0);
  }

  #refuse(which: (waiter: Waiter, index: number) => boolean): void {
    const refused = this.#waiting.filter(which);
    if (refused.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => !refused.includes(waiter));
    for (const waiter of refused) waiter.resolve('hold');
  }

  #shed(): void {
    const shed = Math.min(this.#excess, Math.max(this.#free(), 0));
    this.#has -= shed;
    this.#excess -= shed;
  }

  #use(): void {
    this.#inUse += 1;
    this.#started += 1;
    this.#unused = Math.min(this.#unused, this.#free());
  }

  #free(): number {
    return this.#has - this.#inUse;
  }

  /** Whether the webhook belongs into the slow lane now. */
  get shouldBeSlow(): boolean {
    return isSlowAt(this.#pace, this.webhook.isSlow);
  }
}

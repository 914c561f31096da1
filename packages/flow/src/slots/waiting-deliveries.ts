import type { Lane, StoredFence } from '@posthorn/core';
import type { FlowState } from './congestion-window.js';

/**
 * Whether a delivery may be sent now, is held until its webhook has a free slot, or must not be sent because the read of its
 * webhook is older than the fence.
 */
export type SlotDecision = 'admitted' | 'deferred' | { fence: StoredFence };

/** A delivery that needs a slot. */
export interface SlotTask {
  /** It was held before, and the releaser released it. */
  released: boolean;
  lane: Lane;
}

export interface WaitingDelivery extends SlotTask {
  sinceMs: number;
  resolve: (decision: SlotDecision) => void;
}

/** Longest time that a delivery waits for a slot while it occupies its lane, in milliseconds. */
const MAX_WAIT_MS = 2000;

/**
 * Longest wait when the lane is nearly full, in milliseconds. A delivery is deferred immediately if its expected wait is
 * longer.
 */
const MAX_WAIT_IN_FULL_LANE_MS = 500;

/** The deliveries of one webhook that wait for a slot, in order. Released ones are served first. */
export class WaitingDeliveries {
  #waiting: WaitingDelivery[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  get releasedCount(): number {
    let count = 0;
    for (const { released } of this.#waiting) if (released) count += 1;
    return count;
  }

  add(delivery: WaitingDelivery): void {
    this.#waiting.push(delivery);
  }

  /** Removes and returns the next delivery to serve. */
  next(): WaitingDelivery | undefined {
    const index = Math.max(
      this.#waiting.findIndex((delivery) => delivery.released),
      0,
    );
    return this.#waiting.splice(index, 1)[0];
  }

  /** Defers the deliveries that have waited too long. */
  deferOverdue(input: {
    nowMs: number;
    isLaneFull: (lane: Lane) => boolean;
    state: FlowState;
    maxInFlight: number;
  }): void {
    this.#defer(({ sinceMs, lane }, index) => {
      const waitedMs = input.nowMs - sinceMs;
      if (!input.isLaneFull(lane)) return waitedMs > MAX_WAIT_MS;
      return waitedMs + expectedWaitMs(index, input.state, input.maxInFlight) > MAX_WAIT_IN_FULL_LANE_MS;
    });
  }

  deferAll(): void {
    this.#defer(() => true);
  }

  /** Defers the deliveries in these lanes. */
  deferIn(includes: (lane: Lane) => boolean): void {
    this.#defer(({ lane }) => includes(lane));
  }

  refuseAll(fence: StoredFence): void {
    for (const delivery of this.#waiting.splice(0)) delivery.resolve({ fence });
  }

  /** Defers the deliveries that have not been held before. */
  deferFresh(): void {
    this.#defer(({ released }) => !released);
  }

  #defer(isDeferred: (delivery: WaitingDelivery, index: number) => boolean): void {
    const deferred = this.#waiting.filter(isDeferred);
    if (deferred.length === 0) return;
    this.#waiting = this.#waiting.filter((delivery) => !deferred.includes(delivery));
    for (const delivery of deferred) delivery.resolve('deferred');
  }
}

/** Returns the time until the deliveries before this one are served, in milliseconds; 0 if the latency is not known. */
function expectedWaitMs(
  before: number,
  { latencyMs, window, strikes }: FlowState,
  maxInFlight: number,
): number {
  const rounds = before / Math.min(window, maxInFlight);
  // A healthy window doubles with each round of responses.
  const isGrowing = strikes === 0 && window < maxInFlight;
  return (isGrowing ? Math.log2(1 + rounds) : rounds) * (latencyMs ?? 0);
}

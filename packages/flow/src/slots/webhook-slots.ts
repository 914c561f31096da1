import type { Lane, StoredFence } from '@posthorn/core';
import { assertState } from './assert-state.js';
import { type FlowSignal, type FlowState, shouldBeSlow } from './congestion-window.js';
import { FenceChecks } from './fence-checks.js';
import { LeasedSlots } from './leased-slots.js';
import { ScheduledStarts } from './scheduled-starts.js';
import { intervalMs, type SlotReply, type SlotRequest, type SlotWebhook } from './slot-messages.js';
import { StoreSync, type SyncState } from './store-sync.js';
import { type SlotDecision, type SlotTask, WaitingDeliveries } from './waiting-deliveries.js';

/** A webhook as read by a worker. */
export interface LimitedWebhook extends SlotWebhook {
  isSlow: boolean;
}

/**
 * The slots of one webhook in this worker. The store leases slots to the worker. They pass from one delivery to the next
 * and are returned when they stay free.
 *
 * States: `open`, then `closed` for good. When closed, deliveries are deferred and free slots returned. `StoreSync` has the
 * states of the sync with the store, `LeasedSlots` those of a slot.
 */
export class WebhookSlots {
  webhook: LimitedWebhook;
  readonly #sync = new StoreSync();
  readonly #slots = new LeasedSlots();
  readonly #waiting = new WaitingDeliveries();
  readonly #scheduled = new ScheduledStarts();
  readonly #fenceChecks = new FenceChecks();
  #state: 'open' | 'closed' = 'open';
  /** Held deliveries come before those that were not held. */
  #heldFirst = false;
  /** Returns whether a lane of this worker is nearly full. */
  #isLaneFull: (lane: Lane) => boolean = () => false;
  /** The fence that refused the webhook; null if none did. Fences are never lowered. */
  #fence: StoredFence | null = null;

  constructor(webhook: LimitedWebhook) {
    this.webhook = webhook;
  }

  get flowState(): FlowState {
    return this.#sync.flowState;
  }

  get syncState(): SyncState {
    return this.#sync.state;
  }

  get needsSync(): boolean {
    return this.#sync.isUrgent;
  }

  /** Whether the webhook belongs in the slow lane now. */
  get shouldBeSlow(): boolean {
    return shouldBeSlow(this.flowState, this.webhook.isSlow);
  }

  /** Whether nothing is left to do or to report: the object can be deleted. */
  get isIdle(): boolean {
    return this.#sync.isComplete && this.#slots.leased + this.#waiting.size + this.#fenceChecks.size === 0;
  }

  /** Waits for a slot. */
  acquire({ released, lane }: SlotTask, nowMs: number): Promise<SlotDecision> {
    assertState(this.#state === 'open', 'the slots of the webhook are closed');
    if (this.#fence) return Promise.resolve({ fence: this.#fence });
    if (this.#heldFirst && !released) return Promise.resolve('deferred');
    // Slots that were leased before the rate limit was set have no assigned start.
    if (this.webhook.rateLimit) this.#slots.returnFree();
    const isFenceKnown = this.#sync.isUnavailable || this.#sync.isFenceKnown(nowMs);
    if (this.#waiting.size === 0 && this.#canPassOn(nowMs) && isFenceKnown) {
      this.#use();
      return Promise.resolve('admitted');
    }
    this.#sync.isUrgent = true;
    return new Promise((resolve) => {
      this.#waiting.add({ released, lane, sinceMs: nowMs, resolve });
    });
  }

  /**
   * Compares the webhook with its fence in the store, for a delivery that has a slot and read its webhook again. Deferred while the
   * store is unavailable.
   */
  confirm(nowMs: number): Promise<SlotDecision> {
    assertState(this.#state === 'open', 'the slots of the webhook are closed');
    if (this.#fence) return Promise.resolve({ fence: this.#fence });
    if (this.#sync.isFenceKnown(nowMs)) return Promise.resolve('admitted');
    this.#sync.isUrgent = true;
    return this.#fenceChecks.add();
  }

  /** Releases the slot of a request. @param signal null if no request was sent */
  release(signal: FlowSignal | null, nowMs: number): void {
    this.#slots.finish();
    if (signal) this.#sync.addSignal(signal);
    // With a rate limit the store assigns each start its time, so a slot does not pass to the next delivery.
    if (signal?.kind !== 'response' || this.webhook.rateLimit) this.#slots.returnFree();
    this.#slots.returnExcess();
    this.#passOn(nowMs);
  }

  reportOverdue(): void {
    this.#sync.addSignal({ kind: 'overdue' });
  }

  /** A delivery was held: until all held ones are released, others wait behind them. One that had been released waits no longer. */
  reportHeld({ released }: Pick<SlotTask, 'released'>): void {
    this.#sync.addHeld();
    if (released) this.#sync.addEndedWait();
  }

  /** A delivery ended without a slot. If it had been released, another one can be released. */
  reportUnsent({ released }: Pick<SlotTask, 'released'>): void {
    if (!released) return;
    this.#sync.addEndedWait();
    this.#sync.isUrgent = true;
  }

  /** Defers the deliveries that have waited too long and returns idle slots. Returns whether a sync is due. */
  tick(nowMs: number, isLaneFull: (lane: Lane) => boolean): boolean {
    const { maxInFlight } = this.webhook;
    this.#waiting.deferOverdue({ nowMs, isLaneFull, state: this.flowState, maxInFlight });
    this.#heldFirst = false;
    this.#isLaneFull = isLaneFull;
    this.#slots.returnIdle();
    return this.#sync.isDue(this.#slots.leased, nowMs) || this.#waiting.size + this.#scheduled.size > 0;
  }

  /** Returns the next request to the store. `applyReply` or `syncFailed` must follow before the next call. */
  beginSync(nowMs: number): SlotRequest {
    this.#fenceChecks.begin();
    const released = this.#waiting.releasedCount;
    const fresh = this.#waiting.size - released;
    return this.#sync.begin({ webhook: this.webhook, leased: this.#slots.leased, released, fresh }, nowMs);
  }

  applyReply(reply: SlotReply, nowMs: number): void {
    this.#sync.applyReply(reply, nowMs);
    if (reply.fence) this.#refuseAll(reply.fence);
    this.#fenceChecks.end('admitted');
    this.#heldFirst = reply.refusal === 'held_first';
    this.#slots.grant(reply.released + reply.fresh);
    this.#slots.setExcess(reply.excess);
    if (this.webhook.rateLimit) this.#scheduleStarts(reply, nowMs);
    else this.#passOn(nowMs);
    if (this.#state === 'closed') this.#slots.returnFree();
    if (reply.refusal === 'held_first') this.#waiting.deferFresh();
    else if (reply.refusal === 'window') this.#deferFutile();
    else if (reply.refusal !== null) this.#waiting.deferAll();
  }

  /** Defers the deliveries that would wait in a full lane for the slots of a failing webhook, which do not become free soon. */
  #deferFutile(): void {
    if (this.flowState.strikes > 0) this.#waiting.deferIn(this.#isLaneFull);
  }

  syncFailed(nowMs: number): void {
    this.#sync.fail();
    this.#fenceChecks.end('deferred');
    this.#passOn(nowMs);
  }

  /** Defers every waiting delivery and returns the free slots. */
  close(): void {
    this.#state = 'closed';
    this.#waiting.deferAll();
    this.#fenceChecks.endAll('deferred');
    this.#slots.returnFree();
    this.#sync.isUrgent = true;
  }

  #refuseAll(fence: StoredFence): void {
    this.#fence = fence;
    this.#waiting.refuseAll(fence);
    this.#fenceChecks.endAll({ fence });
    this.#slots.returnFree();
  }

  /** Starts rate-limited requests, each at the time that the store assigned. */
  #scheduleStarts(reply: SlotReply, nowMs: number): void {
    const everyMs = intervalMs(this.webhook) ?? 0;
    for (let waitMs = reply.waitMs; this.#slots.free > 0 && this.#waiting.size > 0; waitMs += everyMs) {
      const delivery = this.#waiting.next();
      const startAtMs = nowMs + waitMs;
      this.#use();
      if (waitMs < 1) {
        delivery?.resolve('admitted');
        continue;
      }
      this.#scheduled.schedule(delivery, {
        waitMs,
        // The receiver may have sent a Retry-After in the meantime.
        canStart: () => this.flowState.notBeforeMs <= startAtMs,
        onDeferred: () => {
          this.#slots.finish();
          this.#slots.returnFree();
        },
      });
    }
    this.#slots.returnFree();
  }

  /** Passes free slots to waiting deliveries. */
  #passOn(nowMs: number): void {
    while (this.#waiting.size > 0 && this.#canPassOn(nowMs)) {
      this.#use();
      this.#waiting.next()?.resolve('admitted');
    }
    if (this.#waiting.size > 0 && this.#slots.free > 0) this.#sync.isUrgent = true;
  }

  /**
   * Returns whether a free slot can pass to a delivery. Requires a recent reply, because another worker may have received a
   * Retry-After.
   */
  #canPassOn(nowMs: number): boolean {
    return this.#slots.free > 0 && this.flowState.notBeforeMs <= nowMs && this.#sync.isReplyValid(nowMs);
  }

  #use(): void {
    this.#slots.use();
    this.#sync.addEndedWait();
  }
}

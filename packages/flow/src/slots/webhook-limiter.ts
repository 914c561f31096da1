import { type Lane, type Part, stopOnce } from '@posthorn/core';
import type { FlowSignal, FlowState } from './congestion-window.js';
import type { SlotReply } from './slot-messages.js';
import type { SlotStore } from './slot-store.js';
import { SyncLoop } from './sync-loop.js';
import type { SlotDecision, SlotTask } from './waiting-deliveries.js';
import { type LimitedWebhook, WebhookSlots } from './webhook-slots.js';

interface WebhookLimiterDeps {
  store: Pick<SlotStore, 'shardOf' | 'syncSlots'>;
  /** The id of this worker among all workers. */
  worker: string;
  /** Moves a webhook into the slow lane or out of it. */
  setSlow: (webhook: LimitedWebhook, isSlow: boolean) => void;
  /** Returns whether a lane of this worker is nearly full. */
  isLaneFull: (lane: Lane) => boolean;
  /** Called for each delivery that is held. The releaser of its webhook, which may be in another worker, can sleep until then. */
  onHeld: () => void;
  /** Called for each failed request to the store. */
  onError: (error: unknown) => void;
  nowMs: () => number;
}

const TICK_MS = 25;

/**
 * Keeps this worker within the windows and rate limits of all webhooks. The due webhooks of a shard of the store are synced together, so
 * a node of a Redis Cluster that is slow or unavailable affects only the webhooks of its shards.
 */
export class WebhookLimiter implements Part {
  readonly #deps: WebhookLimiterDeps;
  readonly #slots = new Map<string, WebhookSlots>();
  /** By shard of the store. */
  readonly #loops = new Map<number, SyncLoop<WebhookSlots>>();
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WebhookLimiterDeps) {
    this.#deps = deps;
  }

  /** Waits for a slot. `release` must follow when it resolves to `admitted`. */
  acquire(webhook: LimitedWebhook, task: SlotTask): Promise<SlotDecision> {
    if (this.#isStopped) return Promise.resolve('deferred');
    const slots = this.#slotsOf(webhook);
    // Each delivery reads its webhook, so this copy is newer than that of the slots.
    slots.webhook = webhook;
    const decision = slots.acquire(task, this.#deps.nowMs());
    this.#syncIfNeeded(slots);
    return decision;
  }

  /** Compares a webhook that was read again with its fence. Deferred while the store is unavailable. */
  confirm(webhook: LimitedWebhook): Promise<SlotDecision> {
    if (this.#isStopped) return Promise.resolve('deferred');
    const slots = this.#slotsOf(webhook);
    const decision = slots.confirm(this.#deps.nowMs());
    this.#syncIfNeeded(slots);
    return decision;
  }

  /** Returns whether the receiver has responded, and neither late nor with failures recently. */
  isResponsive(webhook: LimitedWebhook): boolean {
    const { latencyMs, strikes } = this.#slotsOf(webhook).flowState;
    return latencyMs !== null && strikes === 0;
  }

  /** Releases the slot of a request. @param signal null if no request was sent */
  release(webhook: LimitedWebhook, signal: FlowSignal | null): void {
    const slots = this.#slotsOf(webhook);
    slots.release(signal, this.#deps.nowMs());
    this.#syncIfNeeded(slots);
  }

  /** Reports a request that has been in flight for too long. */
  reportOverdue(webhook: LimitedWebhook): void {
    const slots = this.#slotsOf(webhook);
    slots.reportOverdue();
    this.#syncIfNeeded(slots);
  }

  /** Reports a delivery that was held. */
  reportHeld(webhook: LimitedWebhook, task: Pick<SlotTask, 'released'>): void {
    const slots = this.#slotsOf(webhook);
    slots.reportHeld(task);
    this.#deps.onHeld();
    this.#syncIfNeeded(slots);
  }

  /** Reports a delivery that ended without a slot. */
  reportUnsent(webhook: LimitedWebhook, task: Pick<SlotTask, 'released'>): void {
    const slots = this.#slotsOf(webhook);
    slots.reportUnsent(task);
    this.#syncIfNeeded(slots);
  }

  /** Returns the flow state of each webhook that this worker delivers to. */
  flowStates(): { webhookId: string; state: FlowState }[] {
    return Array.from(this.#slots.values(), ({ webhook, flowState }) => ({
      webhookId: webhook.id,
      state: flowState,
    }));
  }

  /** Defers every waiting delivery and returns the free slots to the store. Does not retry if the store is unavailable. */
  readonly stop = stopOnce(async (): Promise<void> => {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const slots of this.#slots.values()) {
      slots.close();
      this.#loopOf(slots).add(slots);
    }
    await Promise.all(Array.from(this.#loops.values(), (loop) => loop.flush()));
  });

  #slotsOf(webhook: LimitedWebhook): WebhookSlots {
    const { id, epoch, validatedAt } = webhook;
    const key = `${id}:${epoch}:${validatedAt?.getTime() ?? 0}`;
    let slots = this.#slots.get(key);
    if (!slots) {
      slots = new WebhookSlots(webhook);
      this.#slots.set(key, slots);
      if (!this.#isStopped) this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    }
    return slots;
  }

  #syncIfNeeded(slots: WebhookSlots): void {
    if (slots.needsSync) this.#loopOf(slots).add(slots);
  }

  #loopOf({ webhook }: WebhookSlots): SyncLoop<WebhookSlots> {
    const shard = this.#deps.store.shardOf(webhook.id);
    let loop = this.#loops.get(shard);
    if (!loop) {
      loop = new SyncLoop({ sync: (batch) => this.#sync(batch), isStopped: () => this.#isStopped });
      this.#loops.set(shard, loop);
    }
    return loop;
  }

  #tick(): void {
    const now = this.#deps.nowMs();
    for (const [key, slots] of this.#slots) {
      const loop = this.#loopOf(slots);
      if (slots.tick(now, this.#deps.isLaneFull)) loop.add(slots);
      else if (slots.isIdle && !loop.has(slots)) this.#slots.delete(key);
    }
  }

  /** Makes one request to a shard of the store. Returns whether it succeeded. */
  async #sync(batch: readonly WebhookSlots[]): Promise<boolean> {
    const nowMs = this.#deps.nowMs();
    const requests = batch.map((slots) => slots.beginSync(nowMs));
    try {
      const replies = await this.#deps.store.syncSlots(this.#deps.worker, requests);
      for (const [index, slots] of batch.entries()) {
        const reply = replies[index];
        if (reply) this.#applyReply(slots, reply);
      }
      return true;
    } catch (error) {
      this.#deps.onError(error);
      for (const slots of batch) {
        slots.syncFailed(this.#deps.nowMs());
        this.#loopOf(slots).add(slots);
      }
      return false;
    }
  }

  #applyReply(slots: WebhookSlots, reply: SlotReply): void {
    slots.applyReply(reply, this.#deps.nowMs());
    const { webhook, shouldBeSlow } = slots;
    if (shouldBeSlow !== webhook.isSlow) {
      this.#deps.setSlow(webhook, shouldBeSlow);
      slots.webhook = { ...webhook, isSlow: shouldBeSlow };
    }
    if (slots.needsSync) this.#loopOf(slots).add(slots);
  }
}

import { type Part, stopOnce } from '@posthorn/core';
import type { FlowSignal, FlowState } from './congestion-window.js';
import type { SlotReply, SlotStore } from './slot-store.js';
import type { Admission } from './waiting-deliveries.js';
import { type LimitedWebhook, WebhookSlots } from './webhook-slots.js';

export interface WebhookLimiterDeps {
  store: Pick<SlotStore, 'syncSlots'>;
  /** The id of this worker among all workers. */
  worker: string;
  /** Moves a webhook into the slow lane or out of it. */
  setSlow: (webhook: LimitedWebhook, isSlow: boolean) => void;
  /** Whether a lane of this worker is nearly full. */
  isLaneFull: () => boolean;
  /** Called for each delivery that is held. The releaser of its webhook, which may be in another worker, can sleep until then. */
  onHeld: () => void;
  /** Called for each failed request to the store. */
  onError: (error: unknown) => void;
  nowMs: () => number;
}

const TICK_MS = 25;

/** Most webhooks in one request to the store. */
const MAX_BATCH = 200;

const RETRY_DELAY_MS = 500;

/**
 * Keeps this worker within the windows and rate limits of all webhooks. Webhooks that become due while a request to the
 * store is in flight are synced together in the next one.
 */
export class WebhookLimiter implements Part {
  readonly #deps: WebhookLimiterDeps;
  readonly #slots = new Map<string, WebhookSlots>();
  readonly #due = new Set<WebhookSlots>();
  #isRunning = false;
  #isStopped = false;
  /** The request to the store that is in flight. Resolves to whether it succeeded. */
  #request: Promise<boolean> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WebhookLimiterDeps) {
    this.#deps = deps;
  }

  /** Waits for a slot. `release` must follow when it resolves to `admitted`. */
  acquire(webhook: LimitedWebhook, { released }: { released: boolean }): Promise<Admission> {
    if (this.#isStopped) return Promise.resolve('deferred');
    const slots = this.#slotsOf(webhook);
    // Each delivery reads its webhook, so this copy is newer than that of the slots.
    slots.webhook = webhook;
    const admission = slots.acquire(released, this.#deps.nowMs());
    this.#syncIfNeeded(slots);
    return admission;
  }

  /** Compares a webhook that was read again with its fence. Deferred while the store is unavailable. */
  confirm(webhook: LimitedWebhook): Promise<Admission> {
    if (this.#isStopped) return Promise.resolve('deferred');
    const slots = this.#slotsOf(webhook);
    const admission = slots.confirm(this.#deps.nowMs());
    this.#syncIfNeeded(slots);
    return admission;
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
  reportHeld(webhook: LimitedWebhook): void {
    const slots = this.#slotsOf(webhook);
    slots.reportHeld();
    this.#deps.onHeld();
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
      this.#due.add(slots);
    }
    await this.#request;
    while (this.#due.size > 0 && (await this.#syncBatch()));
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
    if (!slots.needsSync) return;
    this.#due.add(slots);
    this.#run();
  }

  #tick(): void {
    const now = this.#deps.nowMs();
    const isLaneFull = this.#deps.isLaneFull();
    for (const [key, slots] of this.#slots) {
      if (slots.tick(now, isLaneFull)) this.#due.add(slots);
      else if (slots.isIdle && !this.#due.has(slots)) this.#slots.delete(key);
    }
    if (this.#due.size > 0) this.#run();
  }

  #run(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    setImmediate(() => {
      void this.#syncAllDue().finally(() => {
        this.#isRunning = false;
        // Webhooks that became due after the last batch.
        if (this.#due.size > 0) this.#run();
      });
    });
  }

  async #syncAllDue(): Promise<void> {
    while (this.#due.size > 0 && !this.#isStopped) {
      if (await this.#syncBatch()) continue;
      await new Promise((resolve) => {
        setTimeout(resolve, RETRY_DELAY_MS);
      });
    }
  }

  #syncBatch(): Promise<boolean> {
    const batch = [...this.#due].slice(0, MAX_BATCH);
    for (const slots of batch) this.#due.delete(slots);
    this.#request = this.#sync(batch);
    return this.#request;
  }

  /** Makes one request to the store. Returns whether it succeeded. */
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
        this.#due.add(slots);
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
    if (slots.needsSync) this.#due.add(slots);
  }
}

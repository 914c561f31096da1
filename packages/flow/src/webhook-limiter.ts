import type { FlowSignal } from './congestion-window.js';
import type { SlotStore } from './slot-store.js';
import { type Admission, type LimitedWebhook, WebhookSlots } from './webhook-slots.js';

export interface WebhookLimiterDeps {
  store: Pick<SlotStore, 'takeSlots'>;
  /** Names this process among all workers. */
  worker: string;
  /** Moves a webhook into the slow lane or out of it. */
  setSlow: (webhook: LimitedWebhook, slow: boolean) => void;
  /** Whether a lane of this worker is nearly full. */
  laneIsFull: () => boolean;
  /** Hears that the store does not answer. */
  onError: (error: unknown) => void;
  nowMs: () => number;
}

const TICK_MS = 25;

/** Most webhooks in one call to the store. */
const MAX_BATCH = 200;

const PAUSE_AFTER_ERROR_MS = 500;

/**
 * Keeps this worker to the windows and rate limits of the webhooks. Whatever is to be told and asked of the store while a call
 * is under way goes into the next one.
 */
export class WebhookLimiter {
  readonly #deps: WebhookLimiterDeps;
  readonly #slots = new Map<string, WebhookSlots>();
  readonly #due = new Set<WebhookSlots>();
  #running = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WebhookLimiterDeps) {
    this.#deps = deps;
  }

  /** Waits for a slot. Whoever is told to go must say `finished`. */
  take(webhook: LimitedWebhook, { released }: { released: boolean }): Promise<Admission> {
    if (this.#stopped) return Promise.resolve('hold');
    const slots = this.#slotsOf(webhook);
    // What is read for each delivery is newer than what a request that is over was read with.
    slots.webhook = webhook;
    const admission = slots.take(released, this.#deps.nowMs());
    this.#tellIfUrgent(slots);
    return admission;
  }

  /** A request that was let go is over; null when nothing was sent. */
  finished(webhook: LimitedWebhook, signal: FlowSignal | null): void {
    const slots = this.#slotsOf(webhook);
    slots.finish(signal, this.#deps.nowMs());
    this.#tellIfUrgent(slots);
  }

  /** A request has been under way for too long. */
  overdue(webhook: LimitedWebhook): void {
    const slots = this.#slotsOf(webhook);
    slots.note({ kind: 'overdue' });
    this.#tellIfUrgent(slots);
  }

  /** A delivery of the webhook was put aside until it has room. */
  held(webhook: LimitedWebhook): void {
    const slots = this.#slotsOf(webhook);
    slots.noteHeld();
    this.#tellIfUrgent(slots);
  }

  /** What is known of each webhook that is being delivered to. */
  paces(): Iterable<WebhookSlots> {
    return this.#slots.values();
  }

  /** Ends all waiting and gives everything back that is not in use. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const slots of this.#slots.values()) {
      slots.close();
      this.#due.add(slots);
    }
    while (this.#due.size > 0 && (await this.#tell()));
  }

  #slotsOf(webhook: LimitedWebhook): WebhookSlots {
    const { id, epoch, validatedAt } = webhook;
    const key = `${id}:${epoch}:${validatedAt?.getTime() ?? 0}`;
    let slots = this.#slots.get(key);
    if (!slots) {
      slots = new WebhookSlots(webhook);
      this.#slots.set(key, slots);
      if (!this.#stopped) this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    }
    return slots;
  }

  #tellIfUrgent(slots: WebhookSlots): void {
    if (!slots.urgent) return;
    this.#due.add(slots);
    this.#run();
  }

  #tick(): void {
    const now = this.#deps.nowMs();
    const laneIsFull = this.#deps.laneIsFull();
    for (const [key, slots] of this.#slots) {
      if (slots.tick(now, laneIsFull)) this.#due.add(slots);
      else if (slots.idle && !this.#due.has(slots)) this.#slots.delete(key);
    }
    if (this.#due.size > 0) this.#run();
  }

  #run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    setImmediate(() => {
      void this.#tellAll().finally(() => {
        this.#running = false;
        // What became due after the last look.
        if (this.#due.size > 0) this.#run();
      });
    });
  }

  async #tellAll(): Promise<void> {
    while (this.#due.size > 0 && !this.#stopped) {
      if (await this.#tell()) continue;
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_AFTER_ERROR_MS);
      });
    }
  }

  /** One call to the store. Answers whether it could be made. */
  async #tell(): Promise<boolean> {
    const batch = [...this.#due].slice(0, MAX_BATCH);
    for (const slots of batch) this.#due.delete(slots);
    if (batch.length === 0) return true;
    const exchanges = batch.map((slots) => slots.exchange(this.#deps.nowMs()));
    try {
      const replies = await this.#deps.store.takeSlots(
        this.#deps.worker,
        exchanges.map(({ request }) => request),
      );
      for (const [index, reply] of replies.entries()) {
        exchanges[index]?.accept(reply, this.#deps.nowMs());
        this.#judge(batch[index]);
      }
      return true;
    } catch (error) {
      this.#deps.onError(error);
      for (const [index, slots] of batch.entries()) {
        const request = exchanges[index]?.request;
        if (request) slots.notTold(request, this.#deps.nowMs());
        this.#due.add(slots);
      }
      return false;
    }
  }

  #judge(slots: WebhookSlots | undefined): void {
    if (!slots) return;
    const { webhook, shouldBeSlow } = slots;
    if (shouldBeSlow !== webhook.isSlow) {
      this.#deps.setSlow(webhook, shouldBeSlow);
      slots.webhook = { ...webhook, isSlow: shouldBeSlow };
    }
    if (slots.urgent) this.#due.add(slots);
  }
}

import type { SlotDecision, FlowSignal, LimitedWebhook, SlotTask, WebhookLimiter } from '@posthorn/flow';

/** Holds the slot of one delivery: acquires at most one, and releases it once. */
export class SlotHolder {
  readonly #limiter: Pick<WebhookLimiter, 'acquire' | 'confirm' | 'release'>;
  #webhook: LimitedWebhook | null = null;

  constructor(limiter: Pick<WebhookLimiter, 'acquire' | 'confirm' | 'release'>) {
    this.#limiter = limiter;
  }

  get isHeld(): boolean {
    return this.#webhook !== null;
  }

  /** Acquires a slot. If it already holds one, the webhook was read again and is only confirmed. */
  async acquire(webhook: LimitedWebhook, { released, lane }: SlotTask): Promise<SlotDecision> {
    if (this.#webhook) return this.#limiter.confirm(webhook);
    const decision = await this.#limiter.acquire(webhook, { released, lane });
    if (decision === 'admitted') this.#webhook = webhook;
    return decision;
  }

  /** Releases the slot, if it holds one. @param signal null when no request was sent */
  release(signal: FlowSignal | null): void {
    if (this.#webhook) this.#limiter.release(this.#webhook, signal);
    this.#webhook = null;
  }
}

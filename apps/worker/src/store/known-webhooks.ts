import type { LoadedDelivery } from '@posthorn/database/deliveries';

type Webhook = LoadedDelivery['webhook'];

/** A webhook is read again after this time, in milliseconds. Its version shows whether it has changed. */
const MAX_AGE_MS = 60_000;

const MAX_WEBHOOKS = 2000;

/** The webhooks that this process has read. Deliveries that it has just stored start without reading them again. */
export class KnownWebhooks {
  /** The one that was read last is the last one. */
  readonly #known = new Map<string, { webhook: Webhook; readAtMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  remember(webhook: Webhook): void {
    this.#known.delete(webhook.id);
    this.#known.set(webhook.id, { webhook, readAtMs: this.#nowMs() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_WEBHOOKS && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Returns a webhook as it is in this version. */
  recall(webhookId: string, version: string): Webhook | undefined {
    const known = this.#known.get(webhookId);
    if (known?.webhook.version !== version) return undefined;
    return this.#nowMs() - known.readAtMs < MAX_AGE_MS ? known.webhook : undefined;
  }
}

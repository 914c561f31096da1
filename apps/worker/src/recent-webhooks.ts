import { isWithin, MAX_READ_AGE_MS, type Moment } from '@posthorn/core';
import type { LoadedDelivery } from '@posthorn/database';

/** A webhook as it was read with one of its deliveries. */
export interface WebhookRead {
  webhook: LoadedDelivery['webhook'];
  readAt: Moment;
}

/** Until then a webhook is used for further deliveries, in milliseconds. The rest of the time is left for starting the request. */
const MAX_AGE_MS = MAX_READ_AGE_MS / 2;

const MAX_WEBHOOKS = 1000;

/** The webhooks that this worker has just read. Deliveries that jobs carry need no read of their own while theirs is among them. */
export class RecentWebhooks {
  /** The last one that was read is the last one. */
  readonly #reads = new Map<string, WebhookRead>();

  remember({ webhook, readAt }: WebhookRead): void {
    this.#reads.delete(webhook.id);
    this.#reads.set(webhook.id, { webhook, readAt });
    const [oldest] = this.#reads.keys();
    if (this.#reads.size > MAX_WEBHOOKS && oldest !== undefined) this.#reads.delete(oldest);
  }

  /** Returns the last read of a webhook, if it is recent and found this version of its row. */
  recall(webhookId: string, version: string, now: Moment): WebhookRead | undefined {
    const read = this.#reads.get(webhookId);
    if (read?.webhook.version !== version) return undefined;
    return isWithin(MAX_AGE_MS, { readAt: read.readAt, now }) ? read : undefined;
  }
}

import type { Lane } from '@posthorn/core';
import type { WebhookLimits } from '@posthorn/database/webhooks';

/** The permits of this worker. */
export interface WorkerPermits {
  /** Returns how many deliveries of a tenant to release for a lane now. Infinity while nearly all will find a permit. */
  releasable(lane: Lane, tenantId: string): number;
}

/** The next visit of a webhook without room is later by this much for each one of its tenant before it, in milliseconds. */
const LIMITED_PAUSE_MS = 10;
const MAX_LIMITED_PAUSE_MS = 1000;

/** How many webhooks may try in one run whether there is an access token again: if the fetches of many fail at once, they would delay others. */
const MAX_TOKEN_TRIES = 2;

/** What one run releases for a tenant in a lane. */
interface Usage {
  /** Released deliveries that may not have a permit yet. */
  released: number;
  /** Webhooks without room. */
  limited: number;
}

/**
 * Limits the deliveries that one run of the releaser releases for a tenant that uses at least half of its share to those that find a permit
 * in this worker: the others would only be held again. Any worker may run them, but each releases for its own permits. While some
 * workers have permits and others have none, those that the others fetch are held again.
 */
export class ReleaseRoom {
  readonly #permits: WorkerPermits;
  /** By tenant and lane. */
  readonly #used = new Map<string, Usage>();
  #tokenTries = 0;

  constructor(permits: WorkerPermits) {
    this.#permits = permits;
  }

  /** Counts deliveries of a webhook that are about to need a permit. */
  add(webhook: WebhookLimits, released: number): void {
    this.#usageOf(webhook).released += released;
  }

  /** Returns how many of `count` deliveries of a webhook find a permit, and counts them. */
  take(webhook: WebhookLimits, count: number): number {
    const taken = Math.min(count, Math.max(this.#releasable(webhook) - this.#usageOf(webhook).released, 0));
    this.add(webhook, taken);
    return taken;
  }

  /** The same for the one delivery of a webhook that tries whether there is an access token. */
  takeTokenTry(webhook: WebhookLimits, count: number): number {
    if (this.#tokenTries === MAX_TOKEN_TRIES) return 0;
    const taken = this.take(webhook, count);
    this.#tokenTries += taken;
    return taken;
  }

  /**
   * Returns when to visit a webhook without room again, in milliseconds. Some webhooks of a tenant are visited in each run, so that a
   * permit that becomes free is used at once, and with very many of them the others seldom.
   */
  limitedPauseMs(webhook: WebhookLimits): number {
    const usage = this.#usageOf(webhook);
    usage.limited += 1;
    return Math.min((usage.limited - 1) * LIMITED_PAUSE_MS, MAX_LIMITED_PAUSE_MS);
  }

  /** A replayed delivery has another lane, which is known only after its release. While that lane has no room, a run releases one. */
  #releasable(webhook: WebhookLimits): number {
    const { tenantId } = webhook;
    const count = this.#permits.releasable(laneOf(webhook), tenantId);
    return this.#permits.releasable('replay', tenantId) > 0 ? count : Math.min(count, 1);
  }

  #usageOf(webhook: WebhookLimits): Usage {
    const key = `${laneOf(webhook)} ${webhook.tenantId}`;
    const usage = this.#used.get(key) ?? { released: 0, limited: 0 };
    this.#used.set(key, usage);
    return usage;
  }
}

const laneOf = ({ isSlow }: WebhookLimits): Lane => (isSlow ? 'slow' : 'retry');

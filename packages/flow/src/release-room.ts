import type { Lane } from '@posthorn/core';
import type { WebhookLimits } from '@posthorn/database';

/** The permits of this worker. */
export interface WorkerPermits {
  /** Returns how many more deliveries of a tenant find a permit in a lane now. */
  roomFor(lane: Lane, tenantId: string): number;
}

/** The next visit of a webhook without room is later by this much for each one of its tenant before it, in milliseconds. */
const LIMITED_PAUSE_MS = 10;
const MAX_LIMITED_PAUSE_MS = 1000;

interface TenantCounts {
  /** Released deliveries that may not have a permit yet. */
  released: number;
  /** Webhooks without room. */
  limited: number;
}

/**
 * Limits the deliveries that one run of the releaser releases for each tenant to those that find a permit in this worker: the others
 * would only be held again. Any worker may run them, but each releases for its own permits, so together they release as many as find one.
 */
export class ReleaseRoom {
  readonly #permits: WorkerPermits;
  readonly #tenants = new Map<string, TenantCounts>();

  constructor(permits: WorkerPermits) {
    this.#permits = permits;
  }

  /** Counts deliveries that are about to need a permit. */
  add(tenantId: string, released: number): void {
    this.#countsOf(tenantId).released += released;
  }

  /** Returns how many of `count` deliveries of a webhook find a permit, and counts them. */
  take(webhook: WebhookLimits, count: number): number {
    const { tenantId } = webhook;
    const taken = Math.min(count, Math.max(this.#roomFor(webhook) - this.#countsOf(tenantId).released, 0));
    this.add(tenantId, taken);
    return taken;
  }

  /**
   * Returns when to visit a webhook without room again, in milliseconds. Some webhooks of a tenant are visited in each run, so that a
   * permit that becomes free is used at once, and with very many of them the others seldom.
   */
  limitedPauseMs(tenantId: string): number {
    const counts = this.#countsOf(tenantId);
    counts.limited += 1;
    return Math.min((counts.limited - 1) * LIMITED_PAUSE_MS, MAX_LIMITED_PAUSE_MS);
  }

  /** A replayed delivery has another lane, which is known only after its release. While that lane has no room, a run releases one. */
  #roomFor({ tenantId, isSlow }: WebhookLimits): number {
    const room = this.#permits.roomFor(isSlow ? 'slow' : 'retry', tenantId);
    return this.#permits.roomFor('replay', tenantId) > 0 ? room : Math.min(room, 1);
  }

  #countsOf(tenantId: string): TenantCounts {
    const counts = this.#tenants.get(tenantId) ?? { released: 0, limited: 0 };
    this.#tenants.set(tenantId, counts);
    return counts;
  }
}

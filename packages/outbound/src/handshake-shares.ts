import type { WebhookIdentity } from '@posthorn/core';
import { LRUCache } from 'lru-cache';

/** What the handshakes of one webhook, or of one tenant, may cost in this process. */
interface Share {
  costPerMs: number;
  /** The cost that is possible at once, after a time without. */
  burst: number;
}

/** A quarter of a core. */
const OF_WEBHOOK: Share = { costPerMs: 0.25, burst: 1000 };

/** Half of a core. The burst is larger than `MAX_COST`, so that a single webhook does not delay the others of its tenant. */
const OF_TENANT: Share = { costPerMs: 0.5, burst: 12_000 };

/** CPU time of a call of OpenSSL above which its cost grows faster than the time, in milliseconds. A usual handshake takes 2 ms. */
const USUAL_MS = 5;

/** A measurement can be wrong, if the machine stood still meanwhile. The largest pause that it causes is 40 s. */
const MAX_COST = 10_000;

const MAX_KEYS = 10_000;

/**
 * Returns the cost of a call of OpenSSL, in milliseconds: its CPU time, or more if it is long. Nothing else runs meanwhile, so that one call
 * of 50 ms delays others far more than ten of 5 ms.
 */
export function costOf(cpuMs: number): number {
  const weight = Math.max(cpuMs / USUAL_MS, 1) ** 2;
  return Math.min(cpuMs * weight, MAX_COST);
}

/** Charges the CPU time of TLS handshakes to webhooks and tenants. One that exceeds its share waits; others do not. */
export class HandshakeShares {
  readonly #clock: { now(): number };
  /** When what was charged is paid, by id. */
  readonly #webhooks = new LRUCache<string, number>({ max: MAX_KEYS });
  readonly #tenants = new LRUCache<string, number>({ max: MAX_KEYS });

  /** @param clock replaces the time in tests */
  constructor(clock: { now(): number } = performance) {
    this.#clock = clock;
  }

  /** Returns the time until the handshakes of a webhook may continue, in milliseconds; 0 for now. */
  waitMs({ id, tenantId }: WebhookIdentity): number {
    const ofWebhook = (this.#webhooks.get(id) ?? 0) - OF_WEBHOOK.burst / OF_WEBHOOK.costPerMs;
    const ofTenant = (this.#tenants.get(tenantId) ?? 0) - OF_TENANT.burst / OF_TENANT.costPerMs;
    return Math.max(ofWebhook - this.#clock.now(), ofTenant - this.#clock.now(), 0);
  }

  /** Charges the CPU time of one call of OpenSSL, in milliseconds. */
  charge({ id, tenantId }: WebhookIdentity, cpuMs: number): void {
    const cost = costOf(cpuMs);
    this.#add(this.#webhooks, id, cost / OF_WEBHOOK.costPerMs);
    this.#add(this.#tenants, tenantId, cost / OF_TENANT.costPerMs);
  }

  #add(paidAt: LRUCache<string, number>, id: string, ms: number): void {
    paidAt.set(id, Math.max(paidAt.get(id) ?? 0, this.#clock.now()) + ms);
  }
}

import { LRUCache } from 'lru-cache';

const MAX_TENANTS = 10_000;

/** Estimates how many deliveries an event creates, from the last batch of its tenant. Accurate enough to size a batch. */
export class FanOutEstimator {
  readonly #byTenant = new LRUCache<string, number>({ max: MAX_TENANTS });

  /** Returns 1 for a tenant without a known event. */
  estimate(tenantId: string): number {
    return this.#byTenant.get(tenantId) ?? 1;
  }

  learn(fanOuts: readonly { tenantId: string; deliveries: readonly unknown[] }[]): void {
    const sums = new Map<string, { events: number; deliveries: number }>();
    for (const { tenantId, deliveries } of fanOuts) {
      const sum = sums.get(tenantId) ?? { events: 0, deliveries: 0 };
      sum.events += 1;
      sum.deliveries += deliveries.length;
      sums.set(tenantId, sum);
    }
    for (const [tenantId, { events, deliveries }] of sums) this.#byTenant.set(tenantId, deliveries / events);
  }
}

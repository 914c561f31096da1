import { LRUCache } from 'lru-cache';

const KEPT_TENANTS = 10_000;

/** How many deliveries an event makes, by what the last ones of its tenant made: known well enough to size a batch. */
export class FanOut {
  readonly #byTenant = new LRUCache<string, number>({ max: KEPT_TENANTS });

  /** One, of a tenant that is not known yet. */
  expected(tenantId: string): number {
    return this.#byTenant.get(tenantId) ?? 1;
  }

  learn(accepted: readonly { tenantId: string; deliveries: readonly unknown[] }[]): void {
    const sums = new Map<string, { events: number; deliveries: number }>();
    for (const { tenantId, deliveries } of accepted) {
      const sum = sums.get(tenantId) ?? { events: 0, deliveries: 0 };
      sum.events += 1;
      sum.deliveries += deliveries.length;
      sums.set(tenantId, sum);
    }
    for (const [tenantId, { events, deliveries }] of sums) this.#byTenant.set(tenantId, deliveries / events);
  }
}

/** The time that filters may take in one batch, in milliseconds. */
export interface FilterBudget {
  perTenantMs: number;
  totalMs: number;
  /** Whether the first event of each tenant is evaluated, however long it takes. */
  isFirstEventUnlimited: boolean;
}

/** For batches that other tenants wait for. Enough for 50 events with a thousand ordinary filters each. */
export const REGULAR_BUDGET: FilterBudget = { perTenantMs: 25, totalMs: 100, isFirstEventUnlimited: false };

/** For the events of tenants that exceed the regular budget. */
export const COSTLY_BUDGET: FilterBudget = { perTenantMs: 250, totalMs: 250, isFirstEventUnlimited: true };

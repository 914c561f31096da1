/** The time that filters may take in one batch, in milliseconds. */
export interface FilterBudget {
  perTenantMs: number;
  totalMs: number;
  /** Whether at least one event of each tenant is evaluated, however long it takes. */
  isOneEventGuaranteed: boolean;
}

/** For batches that other tenants wait for. Enough for 50 events with a thousand ordinary filters each. */
export const REGULAR_BUDGET: FilterBudget = { perTenantMs: 25, totalMs: 100, isOneEventGuaranteed: false };

/** For the events of tenants that exceed the regular budget. */
export const COSTLY_BUDGET: FilterBudget = { perTenantMs: 250, totalMs: 250, isOneEventGuaranteed: true };

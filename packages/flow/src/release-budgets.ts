/** A budget is halved at most once in this time, in milliseconds: until the effect of the last change is known. */
const HALVE_INTERVAL_MS = 1000;

/** The budget of a tenant when it is reported as saturated for the first time. */
const INITIAL_BUDGET = 16;

/** The smallest budget: one delivery in ten runs. */
const MIN_BUDGET = 0.1;

/** The growth of a budget with each run, and the budget at which it ends. */
const GROWTH = 1.05;
const MAX_BUDGET = 1000;

interface Budget {
  /** Deliveries in each run. */
  perRun: number;
  /** Deliveries left in this run. */
  left: number;
  halvedAtMs: number;
}

/**
 * Limits how many deliveries are released for tenants that use their shares of the lanes, because the workers would only hold
 * them again. Budgets increase slowly and halve while a tenant is saturated. Other tenants have none.
 */
export class ReleaseBudgets {
  readonly #budgets = new Map<string, Budget>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Starts a run with the full budgets. */
  startRun(): void {
    for (const [tenantId, budget] of this.#budgets) {
      budget.perRun *= GROWTH;
      budget.left += budget.perRun;
      // A part of a delivery counts in the next run.
      budget.left = Math.min(budget.left, Math.max(budget.perRun, 1));
      if (budget.perRun > MAX_BUDGET) this.#budgets.delete(tenantId);
    }
  }

  /** Halves the budgets of saturated tenants. */
  halve(tenantIds: Iterable<string>): void {
    for (const tenantId of tenantIds) this.#halve(tenantId);
  }

  /** Returns how many of `count` deliveries of a tenant can be released, and uses that much of its budget. */
  take(tenantId: string, count: number): number {
    const budget = this.#budgets.get(tenantId);
    if (!budget) return count;
    const taken = Math.min(count, Math.floor(budget.left));
    budget.left -= taken;
    return taken;
  }

  #halve(tenantId: string): void {
    const budget = this.#budgets.get(tenantId);
    const halvedAtMs = this.#nowMs();
    if (!budget) {
      this.#budgets.set(tenantId, { perRun: INITIAL_BUDGET, left: INITIAL_BUDGET, halvedAtMs });
    } else if (halvedAtMs - budget.halvedAtMs >= HALVE_INTERVAL_MS) {
      Object.assign(budget, { perRun: Math.max(budget.perRun / 2, MIN_BUDGET), halvedAtMs });
    }
  }
}

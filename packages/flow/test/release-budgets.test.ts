import { describe, expect, it } from '@jest/globals';
import { ReleaseBudgets } from '../src/release-budgets.js';

describe('ReleaseBudgets', () => {
  let nowMs = 0;

  /** Runs the releaser, which would release 500 deliveries of each tenant. Returns how many it may release. */
  function run(budgets: ReleaseBudgets, saturated: string[] = []): { a: number; b: number } {
    nowMs += 100;
    budgets.startRun();
    budgets.halve(saturated);
    return { a: budgets.take('a', 500), b: budgets.take('b', 500) };
  }

  it('limits only tenants that were saturated', () => {
    const budgets = new ReleaseBudgets(() => nowMs);
    expect(run(budgets)).toEqual({ a: 500, b: 500 });
    expect(run(budgets, ['a'])).toEqual({ a: 16, b: 500 });
  });

  it('halves a budget once a second while the tenant is saturated, to one delivery in ten runs', () => {
    const budgets = new ReleaseBudgets(() => nowMs);
    run(budgets, ['a']);
    for (let n = 0; n < 200; n += 1) run(budgets, ['a']);
    let released = 0;
    for (let n = 0; n < 100; n += 1) released += run(budgets, ['a']).a;
    expect(released).toBeGreaterThanOrEqual(10);
    expect(released).toBeLessThan(40);
  });

  it('raises a budget in each run, and ends it', () => {
    const budgets = new ReleaseBudgets(() => nowMs);
    run(budgets, ['a']);
    expect(run(budgets).a).toBe(16);
    for (let n = 0; n < 20; n += 1) run(budgets);
    expect(run(budgets).a).toBeGreaterThan(40);
    for (let n = 0; n < 100; n += 1) run(budgets);
    expect(run(budgets).a).toBe(500);
  });

  it('is shared by the webhooks of the tenant in a run', () => {
    const budgets = new ReleaseBudgets(() => nowMs);
    run(budgets, ['a']);
    budgets.startRun();
    expect([budgets.take('a', 10), budgets.take('a', 10), budgets.take('a', 10)]).toEqual([10, 6, 0]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { MemoryBudget } from '../../src/concurrency/memory-budget.js';

const newBudget = () =>
  new MemoryBudget({ totalBytes: 1000, perOwnerBytes: 400, largeBytes: 100, largeShare: 0.75 });

describe('a memory budget', () => {
  it('refuses what exceeds the share of one owner, and still serves the others', () => {
    const budget = newBudget();
    expect(budget.open('a').resize(300)).toBe('reserved');
    expect(budget.open('a').resize(101)).toBe('owner_exceeded');
    expect(budget.open('b').resize(300)).toBe('reserved');
  });

  it('bounds work without an owner by the total alone', () => {
    const budget = newBudget();
    expect(budget.open(null).resize(750)).toBe('reserved');
    expect(budget.open(null).resize(101)).toBe('total_exceeded');
  });

  it('refuses large reservations while small ones still fit', () => {
    const budget = newBudget();
    expect(budget.open('a').resize(300)).toBe('reserved');
    expect(budget.open('b').resize(300)).toBe('reserved');
    expect(budget.open('c').resize(200)).toBe('total_exceeded');
    expect(budget.open('a').resize(100)).toBe('reserved');
    expect(budget.open('c').resize(100)).toBe('reserved');
  });

  it('refuses small reservations when the total is reached', () => {
    const budget = newBudget();
    for (let n = 0; n < 10; n += 1) expect(budget.open(`owner ${n}`).resize(100)).toBe('reserved');
    expect(budget.open('another').resize(1)).toBe('total_exceeded');
  });

  it('keeps a reservation that cannot grow, and lets it shrink', () => {
    const budget = newBudget();
    const reservation = budget.open('a');
    reservation.resize(100);
    expect(reservation.resize(301)).toBe('owner_exceeded');
    expect(budget.reservedBytes).toBe(100);
    expect(reservation.resize(40)).toBe('reserved');
    expect(budget.reservedBytes).toBe(40);
  });

  it('releases a reservation once, even when it is released twice', () => {
    const budget = newBudget();
    const [first, second] = [budget.open('a'), budget.open('a')];
    first.resize(100);
    second.resize(50);
    first.release();
    first.release();
    expect(budget.reservedBytes).toBe(50);
    second.release();
    expect(budget.reservedBytes).toBe(0);
  });
});

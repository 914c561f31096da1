import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { RetryPriorities } from '../src/retry-priorities.js';

/** Returns the priorities of the next `count` jobs of a tenant. */
const nextOf = (priorities: RetryPriorities, tenantId: string, { count = 1, delayMs = 0 } = {}) =>
  Array.from({ length: count }, () => priorities.next({ tenantId, lane: 'retry', delayMs }));

describe('RetryPriorities', () => {
  let nowMs = 1_000_000;
  const create = () => new RetryPriorities(() => nowMs);

  it('puts the first jobs of each tenant before the further ones of a tenant with many', () => {
    const priorities = create();
    const many = nextOf(priorities, 'many', { count: 8000 });
    expect(many.slice(0, 100).every((priority) => priority === 0)).toBe(true);
    expect([100, 200, 201, 400, 401, 7999].map((index) => many[index])).toEqual([1, 2, 2, 3, 3, 7]);
    expect(nextOf(priorities, 'few', { count: 100 }).every((priority) => priority === 0)).toBe(true);
  });

  it('counts jobs that are due at about the same time', () => {
    const priorities = create();
    nextOf(priorities, 'a', { count: 100, delayMs: 300_000 });
    expect(nextOf(priorities, 'a')).toEqual([0]);
    expect(nextOf(priorities, 'a', { delayMs: 300_000 })).toEqual([1]);
    expect(nextOf(priorities, 'a', { delayMs: 310_000 })).toEqual([0]);
    nowMs += 300_000;
    expect(nextOf(priorities, 'a', { delayMs: -500 })).toEqual([1]);
  });

  it('is 0 in the lanes for first attempts and replays', () => {
    const priorities = create();
    nextOf(priorities, 'a', { count: 500 });
    expect(priorities.next({ tenantId: 'a', lane: 'fast', delayMs: 0 })).toBe(0);
    expect(priorities.next({ tenantId: 'a', lane: 'replay', delayMs: 0 })).toBe(0);
    expect(priorities.next({ tenantId: 'a', lane: 'slow', delayMs: 0 })).toBe(3);
  });

  it('is 0 while there is only the default tenant', () => {
    const priorities = create();
    expect(nextOf(priorities, DEFAULT_TENANT_ID, { count: 500 }).every((priority) => priority === 0)).toBe(
      true,
    );
    nextOf(priorities, 'other');
    expect(nextOf(priorities, DEFAULT_TENANT_ID)).toEqual([3]);
  });
});

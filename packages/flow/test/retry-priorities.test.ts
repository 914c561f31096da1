import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { LAST_TURN } from '../src/fairness/replay-turn.js';
import { RetryPriorities } from '../src/fairness/retry-priorities.js';

/** Returns the priorities of the next `count` jobs of a tenant. */
const nextOf = (priorities: RetryPriorities, tenantId: string, { count = 1, delayMs = 0 } = {}) =>
  Array.from({ length: count }, () =>
    priorities.next({ tenantId, webhookId: tenantId, lane: 'retry', delayMs }),
  );

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

  it('is 0 in the lane for first attempts', () => {
    const priorities = create();
    nextOf(priorities, 'a', { count: 500 });
    const job = { tenantId: 'a', webhookId: 'w', delayMs: 0 };
    expect(priorities.next({ ...job, lane: 'fast' })).toBe(0);
    expect(priorities.next({ ...job, lane: 'slow' })).toBe(3);
  });

  it('is the turn of the delivery among those of its webhook in the replay lane, also for the default tenant', () => {
    const priorities = create();
    const next = (webhookId: string) =>
      priorities.next({ tenantId: DEFAULT_TENANT_ID, webhookId, lane: 'replay', delayMs: 0 });
    expect(['a', 'a', 'b', 'a', 'b'].map(next)).toEqual([1, 2, 1, 3, 2]);
    for (let n = 0; n < 500; n += 1) next('a');
    expect(next('a')).toBe(LAST_TURN);
    nowMs += 10_000;
    expect(next('a')).toBe(1);
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

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { advance, useFakeTime } from '@posthorn/testkit/fake-time';
import { createSaturationReporter } from '../src/saturation-reporter.js';

describe('createSaturationReporter', () => {
  beforeEach(() => useFakeTime());
  afterEach(() => {
    jest.useRealTimers();
  });

  it('reports each tenant at most four times a second', async () => {
    const reports: string[][] = [];
    const report = createSaturationReporter({
      report: async (tenantIds) => void reports.push(tenantIds),
      onError: () => {},
    });
    const startedAtMs = Date.now();
    for (let n = 0; n < 100; n += 1) {
      report('a');
      if (n === 3) report('b');
      await advance(10, 10);
    }
    expect(reports.slice(0, 2)).toEqual([['a', 'b'], ['a']]);
    expect(reports.length).toBeLessThanOrEqual((Date.now() - startedAtMs) / 250);
  });

  it('continues after an error', async () => {
    const errors: unknown[] = [];
    const report = createSaturationReporter({
      report: () => Promise.reject(new Error('unavailable')),
      onError: (error) => errors.push(error),
    });
    report('a');
    await advance(300, 50);
    report('a');
    await advance(300, 50);
    expect(errors).toHaveLength(2);
  });
});

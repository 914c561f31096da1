import { expect, it } from '@jest/globals';
import { formatAge } from '../src/components/format-number.js';
import { attemptPoints, outcomePoints, type Stats } from '../src/pages/overview/stats.js';

it('counts a failed attempt although its delivery is retried', () => {
  const interval = {
    time: '2026-01-01T00:00:00Z',
    attempts: 5,
    failedAttempts: 4,
    succeeded: 1,
    failed: 0,
    dropped: 2,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fields that the points use
  const stats = { intervals: [interval] } as unknown as Stats;
  const { time } = interval;
  expect(attemptPoints(stats)).toEqual([{ time, succeeded: 1, failed: 4 }]);
  expect(outcomePoints(stats)).toEqual([{ time, succeeded: 1, failed: 0, dropped: 2 }]);
});

it.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [59.6, '60 s'],
  [150, '3 min'],
  [9000, '3 h'],
])('formats an age of %d seconds', (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});

import { expect, it } from '@jest/globals';
import { formatRemaining } from '../src/pages/deliveries/format-remaining.js';

it('formats the remaining time in at most two units', () => {
  expect([0, 1, 9000, 60_000, 200_000, 7_500_000, 97_200_000].map(formatRemaining)).toEqual([
    null,
    '1 s',
    '9 s',
    '1 min',
    '3 min 20 s',
    '2 h 5 min',
    '1 d 3 h',
  ]);
  expect(formatRemaining(-5000)).toBeNull();
});

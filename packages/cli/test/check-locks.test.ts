import { describe, expect, it } from '@jest/globals';
import { checkLocks } from '../src/doctor/check-locks.js';

describe('checkLocks', () => {
  it('accepts a lock table for the partitions of the default retention', () => {
    expect(checkLocks({ maxLocksPerTransaction: 256, locksOfLargestStatement: 1300 })).toMatchObject({
      level: 'ok',
    });
  });

  it('warns about the default of PostgreSQL, and recommends a value', () => {
    expect(checkLocks({ maxLocksPerTransaction: 64, locksOfLargestStatement: 1300 })).toMatchObject({
      level: 'warning',
      advice: expect.stringContaining('Set it to 256'),
    });
  });
});

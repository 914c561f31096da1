import { describe, expect, it } from '@jest/globals';
import { readClocks } from '../src/server/read-clocks.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const HOUR_MS = 3_600_000;

/** Returns a clock that first returns the time before the statement, then the time after it, as offsets from the right time. */
function clockAt(beforeMs: number, afterMs: number): () => number {
  const offsets = [beforeMs, afterMs];
  return () => Date.now() + (offsets.shift() ?? Number.NaN);
}

describe('readClocks', () => {
  it('returns how far PostgreSQL is ahead, and the earlier time', async () => {
    const slow = await readClocks(db.pool, clockAt(-HOUR_MS, -HOUR_MS));
    expect(slow.differenceMs / HOUR_MS).toBeCloseTo(1, 1);
    expect(slow.database.getTime() - slow.earlier.getTime()).toBeGreaterThanOrEqual(slow.differenceMs);
    const fast = await readClocks(db.pool, clockAt(HOUR_MS, HOUR_MS));
    expect(fast.differenceMs / HOUR_MS).toBeCloseTo(-1, 1);
    expect(fast.earlier).toEqual(fast.database);
  });

  it('does not take a long pause of the process or of PostgreSQL for a difference', async () => {
    expect((await readClocks(db.pool, clockAt(-5 * HOUR_MS, HOUR_MS))).differenceMs).toBe(0);
  });
});

import { aggregateStats, readLastStatsMinute, type Pool, withLock } from '@posthorn/database';

export interface StatsAggregatorDeps {
  pool: Pool;
  now: () => Date;
}

const MINUTE_MS = 60_000;

/** An attempt is on record well within this time of its start: until then its minute is counted again. */
const LATE_MS = 40_000;

/** Where nothing is counted yet, it begins so long ago. */
const FIRST_MS = 60 * MINUTE_MS;

/** What one statement counts. */
const CHUNK_MS = 10 * MINUTE_MS;

/** Counts, for the plots, what became of deliveries by the minute: up to now, by one producer at a time. */
export function createStatsAggregator({ pool, now }: StatsAggregatorDeps): () => Promise<void> {
  let counted: Date | null = null;

  async function beginning(): Promise<number> {
    const nowMs = now().getTime();
    counted ??= await readLastStatsMinute(pool);
    return minuteOf(Math.min(counted?.getTime() ?? nowMs - FIRST_MS, nowMs - LATE_MS));
  }

  return async () => {
    await withLock(pool, 'stats', async () => {
      const endMs = minuteOf(now().getTime()) + MINUTE_MS;
      for (let fromMs = await beginning(); fromMs < endMs; fromMs += CHUNK_MS) {
        const to = new Date(Math.min(fromMs + CHUNK_MS, endMs));
        await aggregateStats(pool, { from: new Date(fromMs), to });
        counted = to;
      }
    });
  };
}

const minuteOf = (timeMs: number): number => timeMs - (timeMs % MINUTE_MS);

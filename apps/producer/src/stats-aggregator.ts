import { aggregateStats, readLastStatsMinute, type Pool, withLock } from '@posthorn/database';

export interface StatsAggregatorDeps {
  pool: Pool;
  now: () => Date;
}

const MINUTE_MS = 60_000;

/** Maximum delay between the start and the recording of an attempt. Until it has passed, a minute is aggregated again. */
const RECORD_DELAY_MS = 40_000;

/** Period before now at which the first aggregation starts. */
const INITIAL_PERIOD_MS = 60 * MINUTE_MS;

/** Period aggregated by one statement. */
const CHUNK_MS = 10 * MINUTE_MS;

/** Aggregates the outcomes of deliveries by the minute, up to now, for the charts. Runs in one producer at a time. */
export function createStatsAggregator({ pool, now }: StatsAggregatorDeps): () => Promise<void> {
  let aggregatedUntil: Date | null = null;

  async function startMs(): Promise<number> {
    const nowMs = now().getTime();
    aggregatedUntil ??= await readLastStatsMinute(pool);
    return minuteOf(
      Math.min(aggregatedUntil?.getTime() ?? nowMs - INITIAL_PERIOD_MS, nowMs - RECORD_DELAY_MS),
    );
  }

  return async () => {
    await withLock(pool, 'stats', async () => {
      const endMs = minuteOf(now().getTime()) + MINUTE_MS;
      for (let fromMs = await startMs(); fromMs < endMs; fromMs += CHUNK_MS) {
        const to = new Date(Math.min(fromMs + CHUNK_MS, endMs));
        await aggregateStats(pool, { from: new Date(fromMs), to });
        aggregatedUntil = to;
      }
    });
  };
}

const minuteOf = (timeMs: number): number => timeMs - (timeMs % MINUTE_MS);

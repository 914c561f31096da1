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

/**
 * Aggregates the outcomes of deliveries by the minute, up to now, for the charts and for auto-suspension. Runs in one producer
 * at a time, and resolves to whether statistics changed. After a pause, workers may record attempts from before it: what was aggregated last is aggregated again.
 */
export function createStatsAggregator({ pool, now }: StatsAggregatorDeps): () => Promise<boolean> {
  let aggregatedUntilMs: number | null = null;
  let lastRunMs = -Infinity;
  let resumed = { atMs: -Infinity, fromMs: Infinity };

  async function startMs(nowMs: number): Promise<number> {
    aggregatedUntilMs ??= (await readLastStatsMinute(pool))?.getTime() ?? nowMs - INITIAL_PERIOD_MS;
    const fromMs = Math.min(aggregatedUntilMs, nowMs - RECORD_DELAY_MS);
    if (nowMs - lastRunMs > RECORD_DELAY_MS) resumed = { atMs: nowMs, fromMs: fromMs - RECORD_DELAY_MS };
    return minuteOf(nowMs - resumed.atMs <= RECORD_DELAY_MS ? Math.min(fromMs, resumed.fromMs) : fromMs);
  }

  return async () => {
    let changedRows = 0;
    await withLock(pool, 'stats', async () => {
      const nowMs = now().getTime();
      const endMs = minuteOf(nowMs) + MINUTE_MS;
      for (let fromMs = await startMs(nowMs); fromMs < endMs; fromMs += CHUNK_MS) {
        const toMs = Math.min(fromMs + CHUNK_MS, endMs);
        changedRows += await aggregateStats(pool, { from: new Date(fromMs), to: new Date(toMs) });
        aggregatedUntilMs = toMs;
      }
      lastRunMs = nowMs;
    });
    return changedRows > 0;
  };
}

const minuteOf = (timeMs: number): number => timeMs - (timeMs % MINUTE_MS);

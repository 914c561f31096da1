import type { Pool } from '@posthorn/database/connection';
import { withLease } from '@posthorn/database/server';
import {
  aggregateStats,
  readLastStatsMinute,
  readStatsWork,
  type StatsPeriod,
} from '@posthorn/database/statistics';
import { createHealthEvaluator } from './health-evaluator.js';
import type { Task } from '../tasks/task.js';

export const aggregateStatsTask: Task = {
  name: 'aggregate_stats',
  pauses: { intervalMs: 10_000, maxIntervalMs: 60_000 },
  isWokenByDoorbell: true,
  create({ bulkPool: pool, store, logger }) {
    const onError = (error: unknown) => logger.warn('throttled webhooks not evaluated', { error });
    const onAggregated = createHealthEvaluator({ pool, store, onError });
    return createStatsAggregator({ pool, onAggregated });
  },
};

interface StatsAggregatorDeps {
  pool: Pool;
  /** Returns the present, in tests. By default it is the time of PostgreSQL, which also dates the deliveries. */
  now?: () => Date | null;
  /** Called after each aggregation, with the start of the period that was aggregated. */
  onAggregated: (since: Date) => Promise<void>;
}

const MINUTE_MS = 60_000;

/**
 * Until this time has passed, a minute is aggregated again: the start and the recording of an attempt are at most 40 s apart, and a statement
 * that a frozen producer left behind may replace newer rows for up to 60 s.
 */
const RECORD_DELAY_MS = 65_000;

/** Period before now at which the first aggregation starts. */
const INITIAL_PERIOD_MS = 60 * MINUTE_MS;

/** Period aggregated by one statement. */
const CHUNK_MS = 10 * MINUTE_MS;

/** Nearly all deliveries are settled within this time of their event, with the default retries. */
const RECENT_MS = 2 * 24 * 60 * MINUTE_MS;

/** Time between two runs that read the deliveries of all days although none of an older event was pending. */
const ALL_DAYS_INTERVAL_MS = MINUTE_MS / 2;

/**
 * Aggregates the outcomes of deliveries by the minute, up to now, for the charts and for auto-suspension. Runs in one producer
 * at a time, and resolves to whether statistics changed. After a pause, workers may record attempts from before it: what was aggregated
 * last is aggregated again. Most runs read only deliveries of recent events, so that their cost does not grow with the retention.
 */
export function createStatsAggregator({
  pool,
  now = () => null,
  onAggregated,
}: StatsAggregatorDeps): () => Promise<boolean> {
  let aggregatedUntilMs: number | null = null;
  let lastRunMs = -Infinity;
  let resumed = { atMs: -Infinity, fromMs: Infinity };
  let hadOld = false;
  let allDaysAtMs = -Infinity;

  /** Returns null, for the deliveries of all days, while some of older events are settled, and now and then. */
  function eventsSince(nowMs: number, hasOld: boolean): Date | null {
    const isRecentEnough = !hasOld && !hadOld && nowMs - allDaysAtMs < ALL_DAYS_INTERVAL_MS;
    hadOld = hasOld;
    if (isRecentEnough) return new Date(nowMs - RECENT_MS);
    allDaysAtMs = nowMs;
    return null;
  }

  async function startMs(nowMs: number): Promise<number> {
    aggregatedUntilMs ??= (await readLastStatsMinute(pool))?.getTime() ?? nowMs - INITIAL_PERIOD_MS;
    const fromMs = Math.min(aggregatedUntilMs, nowMs - RECORD_DELAY_MS);
    if (nowMs - lastRunMs > RECORD_DELAY_MS) resumed = { atMs: nowMs, fromMs: fromMs - RECORD_DELAY_MS };
    return minuteOf(nowMs - resumed.atMs <= RECORD_DELAY_MS ? Math.min(fromMs, resumed.fromMs) : fromMs);
  }

  return async () => {
    let changedRows = 0;
    await withLease(pool, 'stats', async (lease) => {
      const work = await readStatsWork(pool, { recentMs: RECENT_MS, now: now() });
      const nowMs = work.now.getTime();
      const endMs = minuteOf(nowMs) + MINUTE_MS;
      const since = eventsSince(nowMs, work.hasOldPending);
      const start = await startMs(nowMs);
      for (let fromMs = start; fromMs < endMs; fromMs += CHUNK_MS) {
        lease.throwIfAborted();
        const toMs = Math.min(fromMs + CHUNK_MS, endMs);
        const period = { from: new Date(fromMs), to: new Date(toMs), eventsSince: since };
        changedRows += await aggregateStats(pool, period);
        aggregatedUntilMs = toMs;
      }
      for (const from of work.lateMinutes) {
        lease.throwIfAborted();
        if (from.getTime() < start) changedRows += await aggregateStats(pool, lateMinute(from));
      }
      await onAggregated(new Date(start));
      lastRunMs = nowMs;
    });
    return changedRows > 0;
  };
}

const minuteOf = (timeMs: number): number => timeMs - (timeMs % MINUTE_MS);

const lateMinute = (from: Date): StatsPeriod => ({
  from,
  to: new Date(from.getTime() + MINUTE_MS),
  isLate: true,
});

import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, derivedId, newId } from '@posthorn/core';
import { createStatsAggregator } from '../src/statistics/stats-aggregator.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const onAggregated = () => Promise.resolve();

const MINUTE_MS = 60_000;
const START = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
const at = (minutes: number) => new Date(START.getTime() + minutes * MINUTE_MS);

/** Inserts a delivery with an attempt at the given time. */
async function addAttempt(startedAt: Date, eventAt = startedAt, webhookId = newId()): Promise<void> {
  const deliveryId = derivedId(newId(), eventAt.getTime());
  await database.pool.query(
    `INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before,
       attempt_id, started_at, duration_ms, response_status)
     VALUES ($1, $1, $2, $3, $4, 'succeeded', 0, 1, false, $5, $4, 5, 200)`,
    [deliveryId, webhookId, DEFAULT_TENANT_ID, startedAt, newId()],
  );
}

async function attemptsByMinute(): Promise<[Date, number][]> {
  const { rows } = await database.pool.query<{ minute: Date; attempts: number }>(
    'SELECT minute, sum(attempts)::int AS attempts FROM webhook_minute_stats GROUP BY minute ORDER BY minute',
  );
  return rows.map(({ minute, attempts }) => [minute, attempts]);
}

describe('the stats aggregator', () => {
  it('starts with the last hour, and aggregates a minute again until it is complete', async () => {
    let now = at(0.5);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await addAttempt(at(-90));
    await addAttempt(at(-45));
    await addAttempt(at(0.1));
    await aggregate();
    expect(await attemptsByMinute()).toEqual([
      [at(-45), 1],
      [at(0), 1],
    ]);
    await addAttempt(at(0.4));
    now = at(1.5);
    await aggregate();
    expect(await attemptsByMinute()).toContainEqual([at(0), 2]);
    await addAttempt(at(1.6));
    now = at(1.8);
    await aggregate();
    expect((await attemptsByMinute()).at(-1)).toEqual([at(1), 1]);
  });

  it('counts the deliveries of old events, such as the deliveries of a replay', async () => {
    await database.pool.query('TRUNCATE webhook_minute_stats');
    let now = at(10.2);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await aggregate();
    await addAttempt(at(10.3), at(-30 * 24 * 60));
    now = at(10.4);
    await aggregate();
    expect((await attemptsByMinute()).filter(([minute]) => minute >= at(10))).toEqual([]);
    now = at(11.2);
    await aggregate();
    expect((await attemptsByMinute()).filter(([minute]) => minute >= at(10))).toEqual([[at(10), 1]]);
  });

  it('keeps them when a later run reads only the deliveries of recent events', async () => {
    let now = at(15.2);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await aggregate();
    const webhookId = newId();
    await addAttempt(at(15.3), at(-30 * 24 * 60), webhookId);
    await addAttempt(at(15.3), at(15.3), webhookId);
    for (const minutes of [16.2, 16.3]) {
      now = at(minutes);
      await aggregate();
      expect((await attemptsByMinute()).filter(([minute]) => minute >= at(15))).toEqual([[at(15), 2]]);
    }
    await addAttempt(at(15.4), at(15.4), webhookId);
    await addAttempt(at(15.4), at(15.4), webhookId);
    now = at(16.4);
    await aggregate();
    // More than before, although the delivery of the old event is missing until the next run that reads all days.
    expect((await attemptsByMinute()).filter(([minute]) => minute >= at(15))).toEqual([[at(15), 3]]);
  });

  it('counts them in each run while others of old events are pending', async () => {
    let now = at(20.2);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await aggregate();
    const old = derivedId(newId(), at(-30 * 24 * 60).getTime());
    await database.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch) VALUES ($1, $1, $1, $1, now(), 0)`,
      [old],
    );
    await addAttempt(at(20.3), at(-30 * 24 * 60));
    now = at(20.4);
    await aggregate();
    expect((await attemptsByMinute()).filter(([minute]) => minute >= at(20))).toEqual([[at(20), 1]]);
    await database.pool.query('DELETE FROM pending_delivery WHERE id = $1', [old]);
  });

  it('aggregates the minutes before a pause again: their attempts may be recorded after it', async () => {
    let now = at(-60.5);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await aggregate();
    now = at(-50.5);
    await aggregate();
    await addAttempt(at(-60.6));
    now = at(-50.1);
    await aggregate();
    expect(await attemptsByMinute()).toContainEqual([at(-61), 1]);
  });

  it('aggregates the minutes of attempts that were recorded late, once', async () => {
    await database.pool.query('TRUNCATE webhook_minute_stats');
    let now = at(-60.5);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now, onAggregated });
    await aggregate();
    now = at(-60.2);
    await addAttempt(at(-200));
    await database.pool.query('INSERT INTO stats_late VALUES ($1), ($2)', [at(-200), at(-59)]);
    expect(await aggregate()).toBe(true);
    expect(await attemptsByMinute()).toEqual([[at(-200), 1]]);
    expect(await aggregate()).toBe(false);
    const { rows } = await database.pool.query('SELECT minute FROM stats_late');
    expect(rows).toEqual([{ minute: at(-59) }]);
  });

  it('resumes where another producer stopped, however long ago', async () => {
    await addAttempt(at(-200));
    await createStatsAggregator({ pool: database.pool, now: () => at(-199.9), onAggregated })();
    await addAttempt(at(-150));
    await createStatsAggregator({ pool: database.pool, now: () => at(0), onAggregated })();
    expect(await attemptsByMinute()).toEqual([
      [at(-200), 1],
      [at(-150), 1],
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, derivedId, newId } from '@posthorn/core';
import { createStatsAggregator } from '../src/stats-aggregator.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const MINUTE_MS = 60_000;
const START = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
const at = (minutes: number) => new Date(START.getTime() + minutes * MINUTE_MS);

/** Inserts a delivery with an attempt at the given time. */
async function addAttempt(startedAt: Date): Promise<void> {
  const [deliveryId, webhookId] = [derivedId(newId(), startedAt.getTime()), newId()];
  await database.pool.query(
    `INSERT INTO delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count)
     VALUES ($1, $1, $2, $3, $4, 'succeeded', 0, 1)`,
    [deliveryId, webhookId, DEFAULT_TENANT_ID, startedAt],
  );
  await database.pool.query(
    `INSERT INTO attempt (id, delivery_id, started_at, duration_ms, number, response_status) VALUES ($1, $2, $3, 5, 1, 200)`,
    [derivedId(newId(), startedAt.getTime() + 5), deliveryId, startedAt],
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
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now });
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

  it('aggregates the minutes before a pause again: their attempts may be recorded after it', async () => {
    let now = at(-60.5);
    const aggregate = createStatsAggregator({ pool: database.pool, now: () => now });
    await aggregate();
    now = at(-50.5);
    await aggregate();
    await addAttempt(at(-60.6));
    now = at(-50.1);
    await aggregate();
    expect(await attemptsByMinute()).toContainEqual([at(-61), 1]);
  });

  it('resumes where another producer stopped, however long ago', async () => {
    await addAttempt(at(-200));
    await createStatsAggregator({ pool: database.pool, now: () => at(-199.9) })();
    await addAttempt(at(-150));
    await createStatsAggregator({ pool: database.pool, now: () => at(0) })();
    expect(await attemptsByMinute()).toEqual([
      [at(-200), 1],
      [at(-150), 1],
    ]);
  });
});

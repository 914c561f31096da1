import { type Bench, resetData } from './bench.js';
import { fillHistory } from './history.js';
import { createOneWebhook } from './webhook.js';

/** The default retention. */
const DAYS = 60;
const DELIVERIES = 1_000_000;
const DAY_MS = 86_400_000;

/**
 * Makes the database like the one of a two-month-old installation: the partitions of 60 days with 1,000,000 recorded deliveries, and
 * one active webhook that gets every event.
 */
export async function ageDatabase(bench: Bench): Promise<void> {
  await resetData(bench);
  const webhookId = await createOneWebhook(bench);
  const { pool } = bench.database;
  // Retention would drop a partition that is a day older.
  const from = new Date(Date.now() - (DAYS - 1) * DAY_MS);
  await pool.query('SELECT posthorn_create_partitions($1, $2)', [from, new Date()]);
  const startedMs = performance.now();
  await fillHistory(pool, {
    webhookId,
    from,
    days: DAYS - 1,
    rows: { event: DELIVERIES, settled_delivery: DELIVERIES },
  });
  // What a server does in the minutes after such a load, so that the scenario does not measure it.
  await pool.query('VACUUM ANALYZE');
  await pool.query('CHECKPOINT');
  console.log(`filled in ${Math.round((performance.now() - startedMs) / 1000)} s`);
}

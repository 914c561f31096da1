import { connect } from '@posthorn/database/connection';
import { migrate } from '@posthorn/database/server';
import { perSecond } from './against-bare.js';
import { type Bench, resetData } from './bench.js';
import { e2eRedis } from './e2e-redis.js';
import { fillHistory } from './history.js';
import { medianOf, rounded } from './quantiles.js';
import { truncateDeliveries } from './records.js';
import type { Scenario } from './result.js';
import { createOneWebhook } from './webhook.js';

const RECORDED = 10_000_000;
const DAYS = 30;
const DAY_MS = 86_400_000;
/** Deliveries per event. */
const FAN_OUT = 5;

/** e2e-redis with 10,000,000 deliveries of the last 30 days in the tables, compared with empty tables. */
export const growth: Scenario = async (bench, { rounds, count: wanted }) => {
  const count = wanted ?? 30_000;
  await resetData(bench);
  await createOneWebhook(bench);
  const grown = await createGrownBench(bench);
  const measured = [];
  for (let round = 1; round <= rounds; round += 1) {
    await truncateDeliveries(bench.database.pool);
    const empty = perSecond(await e2eRedis(bench, count), count);
    const full = perSecond(await e2eRedis(grown, count), count);
    const ratio = rounded(full / empty);
    console.log(`round ${round}: empty ${empty.toFixed(0)}/s, grown ${full.toFixed(0)}/s, ratio ${ratio}`);
    measured.push({ empty, full, ratio });
  }
  await grown.database.stop();
  const value = medianOf(measured, (round) => round.ratio);
  return {
    figures: [{ name: 'grown ÷ empty tables', value, better: 'higher', threshold: 0.9, target: 0.97 }],
    summary: {
      recorded: RECORDED,
      count,
      emptyPerSecond: Math.round(medianOf(measured, (round) => round.empty)),
      grownPerSecond: Math.round(medianOf(measured, (round) => round.full)),
    },
    rounds: measured,
  };
};

/** Creates a second database with history on the same server. */
async function createGrownBench(bench: Bench): Promise<Bench> {
  const url = new URL(bench.stack.databaseUrl);
  url.pathname = '/grown';
  await bench.database.pool.query('CREATE DATABASE grown');
  await migrate(url.href);
  const database = connect({ url: url.href, applicationName: 'posthorn bench' });
  // Its own keys in Redis, which belong to one database.
  const stack = { ...bench.stack, queuePrefix: `${bench.stack.queuePrefix}-grown` };
  const env = { ...bench.env, DATABASE_URL: url.href, POSTHORN_QUEUE_PREFIX: stack.queuePrefix };
  const grown = { ...bench, stack, database, env };
  const webhookId = await createOneWebhook(grown);
  const from = new Date(Date.now() - DAYS * DAY_MS);
  await database.pool.query('SELECT posthorn_create_partitions($1, $2)', [from, new Date()]);
  const startedMs = performance.now();
  await fillHistory(database.pool, {
    webhookId,
    from,
    days: DAYS,
    rows: { event: RECORDED / FAN_OUT, settled_delivery: RECORDED },
  });
  console.log(`filled in ${Math.round((performance.now() - startedMs) / 1000)} s`);
  return grown;
}

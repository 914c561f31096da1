import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, resetData } from './bench.js';
import { eventBody } from './payload.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { startWorkers, stopAll } from './services.js';
import { createActiveWebhooks } from './webhook.js';

const WEBHOOKS = 1000;

/** Every hundredth webhook allows 10 requests a second, the others one in 10 s: together 199 a second. */
const QUICK_EVERY = 100;
const QUICK_PER_SECOND = 10;
const OTHERS_PER_SECOND = 0.1;

const isQuick = (index: number): boolean => index % QUICK_EVERY === 0;

/** 1,000 rate-limited webhooks, all with held deliveries: the requests that they get, compared to their rates. */
export const rateLimits: Scenario = async (bench, { rounds, seconds, warmupSeconds }) => {
  const measured: Shares[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await resetData(bench);
    await holdDeliveries(bench, seconds + warmupSeconds);
    const shares = await measure(bench, { seconds, warmupSeconds });
    console.log(`round ${round}: ${JSON.stringify(shares)}`);
    measured.push(shares);
  }
  return {
    figures: [
      {
        name: 'requests ÷ rate limit, of webhooks with 10 a second',
        value: medianOf(measured, ({ quick }) => quick),
        better: 'higher',
        threshold: 0.95,
        target: 0.98,
      },
      {
        name: 'requests ÷ rate limit, of webhooks with one in 10 s',
        value: medianOf(measured, ({ others }) => others),
        better: 'higher',
        threshold: 0.95,
        target: 0.98,
      },
    ],
    summary: { webhooks: WEBHOOKS },
    rounds: measured,
  };
};

/** The requests made, as a share of those that the rate limits allow. */
interface Shares {
  quick: number;
  others: number;
  workerCpuUs: number;
}

async function measure(
  bench: Bench,
  { seconds, warmupSeconds }: { seconds: number; warmupSeconds: number },
): Promise<Shares> {
  const services = await startWorkers(bench, 1);
  await sleep(warmupSeconds * 1000);
  const startedMs = performance.now();
  const before = await countRequests(bench);
  await sleep(seconds * 1000);
  const after = await countRequests(bench);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  const { cpuUs } = await stopAll(services, after.quick + after.others);
  const quickCount = Math.ceil(WEBHOOKS / QUICK_EVERY);
  const allowed = (webhooks: number, perSecond: number) => webhooks * perSecond * elapsedSeconds;
  return {
    quick: rounded((after.quick - before.quick) / allowed(quickCount, QUICK_PER_SECOND)),
    others: rounded((after.others - before.others) / allowed(WEBHOOKS - quickCount, OTHERS_PER_SECOND)),
    workerCpuUs: cpuUs['worker'] ?? 0,
  };
}

async function countRequests({ database }: Bench): Promise<{ quick: number; others: number }> {
  const { rows } = await database.pool.query<{ quick: number; others: number }>(
    `SELECT count(*) FILTER (WHERE w.rate_limit_seconds = 1)::int AS quick,
       count(*) FILTER (WHERE w.rate_limit_seconds > 1)::int AS others
     FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN webhook w ON w.id = d.webhook_id`,
  );
  return rows[0] ?? { quick: 0, others: 0 };
}

/** Creates the webhooks, each with more held deliveries than it allows in this time. */
async function holdDeliveries(bench: Bench, seconds: number): Promise<void> {
  const { pool } = bench.database;
  const ids = await createActiveWebhooks(
    bench,
    Array.from({ length: WEBHOOKS }, () => ({ url: bench.receiverUrl, pattern: '*' })),
  );
  const quick = ids.filter((_, index) => isQuick(index));
  await pool.query(
    `UPDATE webhook SET rate_limit = CASE WHEN id = ANY ($1) THEN $2::int ELSE 1 END,
       rate_limit_seconds = CASE WHEN id = ANY ($1) THEN 1 ELSE $3::int END`,
    [quick, QUICK_PER_SECOND, 1 / OTHERS_PER_SECOND],
  );
  await pool.query(
    `WITH made AS MATERIALIZED (
       SELECT posthorn_uuidv7() AS id, w.id AS webhook_id, w.tenant_id FROM webhook w
       CROSS JOIN LATERAL generate_series(0, 2 + (w.rate_limit::float / w.rate_limit_seconds * $2)::int)
     ), events AS (
       INSERT INTO event (id, tenant_id, published_at, type, body)
       SELECT id, tenant_id, now(), 'order.paid', $1 FROM made
     )
     INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, held)
     SELECT id, id, webhook_id, tenant_id, now(), 0, true FROM made`,
    [eventBody('evt'), seconds + 1],
  );
}

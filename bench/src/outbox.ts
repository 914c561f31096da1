import { setTimeout as sleep } from 'node:timers/promises';
import { DELIVERIES, perSecond } from './against-bare.js';
import { type Bench, readArrivals, resetData, resetReceiver } from './bench.js';
import { e2eRedis } from './e2e-redis.js';
import { type OutboxApplication, type OutboxVariant, startApplication } from './outbox-application.js';
import { eventData } from './payload.js';
import { medianOf, quantile, rounded } from './quantiles.js';
import { truncateDeliveries, waitUntilSettled } from './records.js';
import type { Scenario } from './result.js';
import { type Services, startService, stopAll } from './services.js';
import { sharedClockMs } from './shared-clock.js';
import { type Round, timeDeliveries } from './time-deliveries.js';
import { createOneWebhook } from './webhook.js';

/** Rows that one transaction of the application inserts. */
const ROWS = 10;

/** Transactions of the application at a time. */
const CLIENTS = 8;

/**
 * Rows that an application inserts into its outbox, in transactions of 10: the rate until all are delivered and recorded, against pushes to
 * Redis in the same run, and the time from the commit to the arrival at half of that rate. Producers poll the outbox, unless it notifies them.
 */
export const outbox =
  (variant: OutboxVariant): Scenario =>
  async (bench, { rounds, count: wanted, seconds, warmupSeconds }) => {
    const count = wanted ?? DELIVERIES;
    await resetData(bench);
    await createOneWebhook(bench);
    const application = await startApplication(bench, { variant, clients: CLIENTS });
    const measured = [];
    for (let round = 1; round <= rounds; round += 1) {
      await truncateDeliveries(bench.database.pool);
      const redis = perSecond(await e2eRedis(bench, count), count);
      const rows = perSecond(await publishAll(bench, application, count), count);
      const latencyMs = await measureLatency(bench, application, {
        perSecond: rows / 2,
        seconds: seconds + warmupSeconds,
        warmupSeconds,
      });
      measured.push({ redis, rows, ratio: rows / redis, latencyMs });
      console.log(
        `round ${round}: e2e-redis ${redis.toFixed(0)}/s, outbox ${rows.toFixed(0)}/s, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`,
      );
    }
    await application.stop();
    const ratio = medianOf(measured, (round) => round.ratio);
    const p50Ms = medianOf(measured, (round) => round.latencyMs.p50);
    return {
      figures: [
        { name: 'outbox ÷ e2e-redis', value: ratio, better: 'higher', threshold: 1, target: 1.2 },
        { name: 'commit → arrival, p50 ms', value: p50Ms, better: 'lower', threshold: 50, target: 20 },
      ],
      summary: {
        count,
        redisPerSecond: Math.round(medianOf(measured, (round) => round.redis)),
        perSecond: Math.round(medianOf(measured, (round) => round.rows)),
        p99Ms: medianOf(measured, (round) => round.latencyMs.p99),
      },
      rounds: measured,
    };
  };

async function startServices(bench: Bench, { url }: OutboxApplication): Promise<Services> {
  return {
    producer: await startService(bench, 'producer', { POSTHORN_OUTBOXES: `application=${url}` }),
    worker: await startService(bench, 'worker'),
  };
}

async function publishAll(bench: Bench, application: OutboxApplication, count: number): Promise<Round> {
  const services = await startServices(bench, application);
  return timeDeliveries(bench, {
    count,
    from: 'start',
    async start() {
      let left = count / ROWS;
      const client = async (): Promise<void> => {
        while (left-- > 0) await application.insert(ROWS, DATA);
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      return services;
    },
  });
}

const DATA = JSON.stringify(eventData());

interface Load {
  perSecond: number;
  /** With the warm-up. */
  seconds: number;
  warmupSeconds: number;
}

/** Returns quantiles of the time from the commit of a row to the arrival of its event, in milliseconds. */
async function measureLatency(
  bench: Bench,
  application: OutboxApplication,
  load: Load,
): Promise<{ p50: number; p99: number }> {
  const services = await startServices(bench, application);
  await resetReceiver(bench);
  const committed = new Map<string, number>();
  const inserts: Promise<void>[] = [];
  const startedMs = sharedClockMs();
  async function commit(): Promise<void> {
    const ids = await application.insert(ROWS, DATA);
    const nowMs = sharedClockMs();
    if (nowMs < startedMs + load.warmupSeconds * 1000) return;
    for (const id of ids) committed.set(id, nowMs);
  }
  const transactions = Math.round((load.perSecond * load.seconds) / ROWS);
  for (let n = 0; n < transactions; n += 1) {
    const dueMs = startedMs + (n * ROWS * 1000) / load.perSecond;
    if (dueMs > sharedClockMs()) await sleep(dueMs - sharedClockMs());
    inserts.push(commit());
  }
  await Promise.all(inserts);
  const arrivals = await arrivalsOf(bench, transactions * ROWS);
  await waitUntilSettled(bench.database.pool);
  await stopAll(services, transactions * ROWS);
  const latencies = Array.from(committed, ([id, atMs]) => (arrivals.get(id) ?? Infinity) - atMs);
  return { p50: rounded(quantile(latencies, 0.5)), p99: rounded(quantile(latencies, 0.99)) };
}

/** Waits until `count` events have arrived. @throws Error when one is lost or sent twice */
async function arrivalsOf(bench: Bench, count: number): Promise<Map<string, number>> {
  const deadlineMs = sharedClockMs() + 60_000;
  for (;;) {
    const { arrivals, duplicates } = await readArrivals(bench);
    if (duplicates > 0) throw new Error(`${duplicates} events arrived twice`);
    if (arrivals.length >= count) return new Map(arrivals);
    if (sharedClockMs() > deadlineMs) throw new Error(`${arrivals.length} of ${count} events arrived`);
    await sleep(500);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId } from '@posthorn/core';
import { type Bench, readArrivals, resetData, resetReceiver } from './bench.js';
import { medianOf, rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import { waitUntilSettled } from './records.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { startAll, startService, stopAll } from './services.js';
import { createActiveWebhooks } from './webhook.js';

/** The webhooks whose deliveries are replayed, and the deliveries of each: more than a worker sends during a round. */
const REPLAYED_WEBHOOKS = 4;
const REPLAYED_EACH = 10_000;

/** The failed deliveries of the webhook that recovers. */
const RECOVERED = 86;

/** The recovery starts when the replays are in progress. */
const REPLAYS_FIRST_MS = 5000;

const POLL_MS = 10;
const TIMEOUT_MS = 120_000;

/** The recovery of a webhook, alone and beside replays of four other webhooks. Every receiver takes 50 ms. */
export const recovery: Scenario = async (bench, { rounds }) => {
  const measured = [];
  for (let round = 1; round <= rounds; round += 1) {
    // The order alternates.
    const early = round % 2 === 0 ? await runOnce(bench, true) : undefined;
    const alone = await runOnce(bench, false);
    const beside = early ?? (await runOnce(bench, true));
    console.log(`round ${round}: alone ${JSON.stringify(alone)}, beside replays ${JSON.stringify(beside)}`);
    measured.push({
      first: rounded(beside.firstMs / alone.firstMs),
      last: rounded(beside.lastMs / alone.lastMs),
      alone,
      beside,
    });
  }
  const limits = { threshold: 2, target: 1.5 };
  return {
    figures: [
      lowerIsBetter(
        'first arrival ÷ alone',
        medianOf(measured, ({ first }) => first),
        limits,
      ),
      lowerIsBetter(
        'last arrival ÷ alone',
        medianOf(measured, ({ last }) => last),
        limits,
      ),
    ],
    summary: { recovered: RECOVERED, replayed: REPLAYED_WEBHOOKS * REPLAYED_EACH },
    rounds: measured,
  };
};

/** Times since the recovery was accepted. */
interface Recovered {
  firstMs: number;
  lastMs: number;
}

async function runOnce(bench: Bench, replays: boolean): Promise<Recovered> {
  const history = await createHistory(bench);
  const { services, apiUrl } = await startAll(bench, 1);
  const post = (path: string, body: object) => postTo(bench, `${apiUrl}${path}`, body);
  await resetReceiver(bench);
  if (replays) {
    const { from, to } = history;
    await Promise.all(history.replayed.map((id) => post(`/v1/webhooks/${id}/replay`, { from, to })));
    await sleep(REPLAYS_FIRST_MS);
  }
  const startedMs = performance.now();
  await post('/v1/recoveries', { since: history.from, webhookId: history.failing });
  const firstMs = await timeUntil(bench, { of: history.failed, count: 1, startedMs });
  const lastMs = await timeUntil(bench, { of: history.failed, count: RECOVERED, startedMs });
  await stopAll(services, RECOVERED);
  return { firstMs, lastMs };
}

interface RecoveryHistory {
  replayed: string[];
  failing: string;
  /** The `webhook-id` of each failed delivery. */
  failed: Set<string>;
  from: Date;
  to: Date;
}

async function createHistory(bench: Bench): Promise<RecoveryHistory> {
  await resetData(bench);
  const types = Array.from({ length: REPLAYED_WEBHOOKS }, (_, index) => `replayed.${index}`);
  const [failing = '', ...replayed] = await createActiveWebhooks(
    bench,
    ['failed', ...types].map((pattern) => ({ url: `${bench.receiverUrl}slow/${pattern}`, pattern })),
  );
  const from = new Date();
  await queueDeliveries(bench, RECOVERED, { types: ['failed'] });
  await queueDeliveries(bench, REPLAYED_WEBHOOKS * REPLAYED_EACH, { types });
  const to = new Date();
  const worker = await startService(bench, 'worker');
  await waitUntilSettled(bench.database.pool);
  await worker.stop();
  const { rows } = await bench.database.pool.query<{ event_id: string }>(
    `UPDATE settled_delivery SET status = 'failed' WHERE webhook_id = $1 RETURNING event_id`,
    [failing],
  );
  return {
    replayed: replayed.map((id) => encodeId('webhook', id)),
    failing: encodeId('webhook', failing),
    failed: new Set(rows.map((row) => encodeId('event', row.event_id))),
    from,
    to,
  };
}

async function timeUntil(
  bench: Bench,
  { of, count, startedMs }: { of: Set<string>; count: number; startedMs: number },
): Promise<number> {
  for (;;) {
    const { arrivals } = await readArrivals(bench);
    const arrived = arrivals.filter(([id]) => of.has(id)).length;
    const elapsedMs = Math.round(performance.now() - startedMs);
    if (arrived >= count) return elapsedMs;
    if (elapsedMs > TIMEOUT_MS) throw new Error(`Only ${arrived} of ${of.size} deliveries arrived`);
    await sleep(POLL_MS);
  }
}

async function postTo({ stack }: Bench, url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 202) throw new Error(`Rejected with ${response.status}: ${await response.text()}`);
}

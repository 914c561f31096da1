import { encodeId } from '@posthorn/core';
import { type Bench, resetData } from './bench.js';
import { type OfferedLoad, offerLoad, type SteadyLoad } from './offered-load.js';
import { medianOf, rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import { waitUntilSettled } from './records.js';
import type { Scenario } from './result.js';
import { startService } from './services.js';
import { describe, summarizeLatency } from './latency-summary.js';
import { chooseLoad } from './steady-load.js';
import { createOneWebhook } from './webhook.js';

const REPLAYED = 20_000;

/** A steady load, without and with a bulk replay of 20,000 deliveries of the same webhook that starts with the measured period. */
export const replay: Scenario = async (bench, options) => {
  const { load, summary, rounds } = await chooseLoad(bench, options);
  const measured = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    // The order alternates.
    const early = round % 2 === 0 ? await runOnce(bench, load, true) : undefined;
    const without = await runOnce(bench, load, false);
    const during = early ?? (await runOnce(bench, load, true));
    console.log(`round ${round}, without a replay: ${describe(without.counted)}`);
    console.log(
      `round ${round}, with a replay (${during.replayed} deliveries replayed): ${describe(during.counted)}`,
    );
    measured.push({ p99: rounded(during.counted.p99Ms / without.counted.p99Ms), without, during });
  }
  const value = medianOf(measured, (round) => round.p99);
  return {
    figures: [
      { name: 'p99 ÷ the run without a replay', value, better: 'lower', threshold: 1.1, target: 1.1 },
    ],
    summary: {
      ...summary,
      p99WithoutMs: medianOf(measured, (round) => round.without.counted.p99Ms),
      p99Ms: medianOf(measured, (round) => round.during.counted.p99Ms),
      replayed: medianOf(measured, (round) => round.during.replayed),
    },
    rounds: [...rounds, ...measured],
  };
};

/** Both runs start with the same tables, which include the deliveries to replay. */
async function runOnce(bench: Bench, load: SteadyLoad, replays: boolean) {
  const range = await createHistory(bench);
  const meanwhile = (apiUrl: string) => startReplay(bench, apiUrl, range);
  const offered = await offerLoad(bench, {
    ...load,
    workers: 1,
    eventTypes: ['order.paid'],
    ...(replays && { meanwhile }),
  });
  return { ...summarizeLatency(offered), used: offered.used, replayed: replayedInSpan(offered) };
}

/** The range to replay: deliveries that succeeded. */
interface ReplayRange {
  webhookId: string;
  from: Date;
  to: Date;
}

async function createHistory(bench: Bench): Promise<ReplayRange> {
  await resetData(bench);
  const webhookId = await createOneWebhook(bench);
  const from = new Date();
  await queueDeliveries(bench, REPLAYED);
  const to = new Date();
  const worker = await startService(bench, 'worker');
  await waitUntilSettled(bench.database.pool);
  await worker.stop();
  return { webhookId, from, to };
}

async function startReplay(
  { stack }: Bench,
  apiUrl: string,
  { webhookId, from, to }: ReplayRange,
): Promise<void> {
  const response = await fetch(`${apiUrl}/v1/webhooks/${encodeId('webhook', webhookId)}/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from, to }),
  });
  if (response.status !== 202)
    throw new Error(`Replay rejected with ${response.status}: ${await response.text()}`);
}

function replayedInSpan({ posts, arrivals, measuredFromMs, endedMs }: OfferedLoad): number {
  const live = new Set(posts.map(([, , , , id]) => id));
  return [...arrivals].filter(([id, atMs]) => !live.has(id) && atMs >= measuredFromMs && atMs <= endedMs)
    .length;
}

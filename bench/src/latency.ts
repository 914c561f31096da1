import { type Bench, resetData } from './bench.js';
import { type OfferedLoad, offerLoad, type SteadyLoad } from './offered-load.js';
import { medianOf } from './quantiles.js';
import type { Scenario } from './result.js';
import { describe, summarizeLatency } from './latency-summary.js';
import { chooseLoad } from './steady-load.js';
import { createOneWebhook } from './webhook.js';

/** The time from the 202 of a POST to the arrival, at a steady load of half of the e2e-http rate. */
export const latency: Scenario = async (bench, options) => {
  const { load, summary, rounds } = await chooseLoad(bench, options);
  const measured = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const offered = await oneRound(bench, load);
    const { counted, withWarmup } = summarizeLatency(offered);
    if (withWarmup.rejected > 0) throw new Error(`${withWarmup.rejected} events were not accepted`);
    measured.push({ part: 'latency', ...counted, withWarmup, ...offered.used });
    console.log(`round ${round}: ${describe(counted)}; including warm-up ${describe(withWarmup)}`);
  }
  const p50Ms = medianOf(measured, (round) => round.p50Ms);
  const p99Ms = medianOf(measured, (round) => round.p99Ms);
  return {
    figures: [
      { name: 'accepted → received, p50 ms', value: p50Ms, better: 'lower', threshold: 10, target: 5 },
      { name: 'accepted → received, p99 ms', value: p99Ms, better: 'lower', threshold: 50, target: 25 },
    ],
    summary: {
      ...summary,
      p99WithWarmupMs: medianOf(measured, (round) => round.withWarmup.p99Ms),
      fromDueP50Ms: medianOf(measured, (round) => round.fromDueP50Ms),
      fromDueP99Ms: medianOf(measured, (round) => round.fromDueP99Ms),
      beforeAccepted: medianOf(measured, (round) => round.beforeAccepted),
      generatorLateP99Ms: medianOf(measured, (round) => round.generatorLateP99Ms),
    },
    rounds: [...rounds, ...measured],
  };
};

async function oneRound(bench: Bench, load: SteadyLoad): Promise<OfferedLoad> {
  await resetData(bench);
  await createOneWebhook(bench);
  return offerLoad(bench, { ...load, workers: 1, eventTypes: ['order.paid'] });
}

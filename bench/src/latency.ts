import { type Bench, forgetEverything } from './bench.js';
import { type OfferedLoad, offerLoad, type SteadyLoad } from './offered-load.js';
import { medianOf } from './quantiles.js';
import type { Scenario } from './result.js';
import { describe, spans } from './span.js';
import { chooseLoad } from './steady-load.js';
import { createOneWebhook } from './webhook.js';

/** Half of the e2e-http rate, steady, on the same processes: from the 202 of a POST to the receiver. */
export const latency: Scenario = async (bench, options) => {
  const { load, summary, rounds } = await chooseLoad(bench, options);
  const measured = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const offered = await oneRound(bench, load);
    const { counted, withWarmup } = spans(offered);
    if (withWarmup.refused > 0) throw new Error(`${withWarmup.refused} events were not accepted`);
    measured.push({ part: 'latency', ...counted, withWarmup, ...offered.used });
    console.log(`round ${round}: ${describe(counted)}; with the warm-up ${describe(withWarmup)}`);
  }
  const p50Ms = medianOf(measured, (round) => round.p50Ms);
  const p99Ms = medianOf(measured, (round) => round.p99Ms);
  return {
    figures: [
      { name: 'accepted → received, p50 ms', value: p50Ms, better: 'lower', must: 15, aim: 6 },
      { name: 'accepted → received, p99 ms', value: p99Ms, better: 'lower', must: 75, aim: 30 },
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
  await forgetEverything(bench);
  await createOneWebhook(bench);
  return offerLoad(bench, { ...load, workers: 1, eventTypes: ['order.paid'] });
}

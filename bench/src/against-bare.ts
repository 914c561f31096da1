import { type Bench, resetData } from './bench.js';
import { ownScript, startChild, usage } from './child.js';
import { medianOf } from './quantiles.js';
import { truncateDeliveries } from './records.js';
import type { Scenario } from './result.js';
import type { Used } from './services.js';
import type { Round } from './time-deliveries.js';
import { createOneWebhook } from './webhook.js';

/** Default number of deliveries in a round. */
export const DELIVERIES = 30_000;

/** A round of a scenario with the baseline round before it. */
interface ComparedRound extends Used {
  /** Deliveries per second. */
  bare: number;
  scenario: number;
  ratio: number;
}

export interface Compared {
  name: string;
  run: (bench: Bench, count: number) => Promise<Round>;
}

/** Creates a scenario with one webhook whose figure is its deliveries per second divided by the deliveries per second of the baseline. */
export function againstBare(compared: Compared & { threshold: number; target: number }): Scenario {
  return async (bench, { rounds, count: wanted }) => {
    const count = wanted ?? DELIVERIES;
    const measured = await alternate(bench, compared, { rounds, count });
    const ratio = medianOf(measured, (round) => round.ratio);
    const { threshold, target } = compared;
    return {
      figures: [{ name: `${compared.name} ÷ bare`, value: ratio, better: 'higher', threshold, target }],
      summary: {
        count,
        barePerSecond: Math.round(medianOf(measured, (round) => round.bare)),
        perSecond: Math.round(medianOf(measured, (round) => round.scenario)),
        ratio,
        threshold,
        peakMemoryMb: Math.max(0, ...measured.flatMap((round) => Object.values(round.memoryMb))),
      },
      rounds: measured,
    };
  };
}

/** Runs rounds of the baseline and of the scenario alternately and prints each result. */
export async function alternate(
  bench: Bench,
  { name, run }: Compared,
  { rounds, count }: { rounds: number; count: number },
): Promise<ComparedRound[]> {
  const measured: ComparedRound[] = [];
  await resetData(bench);
  await createOneWebhook(bench);
  for (let round = 1; round <= rounds; round += 1) {
    await truncateDeliveries(bench.database.pool);
    const baseline = await runBare(bench, count);
    const bare = perSecond(baseline, count);
    const { durationMs, memoryMb, ...used } = await run(bench, count);
    const cpuUs = { ...used.cpuUs, ...baseline.cpuUs };
    const scenario = perSecond({ durationMs }, count);
    measured.push({ bare, scenario, ratio: scenario / bare, memoryMb, cpuUs });
    console.log(
      `round ${round}: bare ${bare.toFixed(0)}/s, ${name} ${scenario.toFixed(0)}/s, ratio ${(scenario / bare).toFixed(3)}`,
      `peak MB ${JSON.stringify(memoryMb)}, CPU µs per delivery ${JSON.stringify(cpuUs)}`,
    );
  }
  return measured;
}

export const perSecond = ({ durationMs }: Pick<Round, 'durationMs'>, count: number): number =>
  (count / durationMs) * 1000;

/** Runs one round of the baseline against the same receiver. */
export async function runBare(bench: Bench, count: number): Promise<Round> {
  const bare = startChild(ownScript('bare.js'));
  await bare.next('ready');
  const done = bare.next<{ durationMs: number }>('done');
  bare.send({ url: bench.receiverUrl, count });
  const { durationMs } = await done;
  const { cpuMs } = usage(bare.pid);
  await bare.stop();
  return { durationMs, memoryMb: {}, cpuUs: { bare: Math.round((cpuMs * 1000) / count) } };
}

import { alternate, DELIVERIES } from './against-bare.js';
import type { Bench } from './bench.js';
import { e2eHttp } from './e2e-http.js';
import type { SteadyLoad } from './offered-load.js';
import { medianOf } from './quantiles.js';
import type { Options, Result } from './result.js';

interface ChosenLoad {
  load: SteadyLoad;
  /** How it was chosen, for the report. */
  summary: Result['summary'];
  rounds: Result['rounds'];
}

/** Returns the load to offer: the given rate, or half of the e2e-http rate in this run. */
export async function chooseLoad(
  bench: Bench,
  { perSecond, seconds, warmupSeconds, rounds, count }: Options,
): Promise<ChosenLoad> {
  const durations = { seconds, warmupSeconds };
  if (perSecond !== null) {
    return {
      load: { perSecond, ...durations },
      summary: { offeredPerSecond: perSecond, ...durations },
      rounds: [],
    };
  }
  const e2e = { name: 'e2e-http', run: e2eHttp('separate') };
  const measured = await alternate(bench, e2e, { rounds, count: count ?? DELIVERIES });
  const e2eHttpPerSecond = Math.round(medianOf(measured, (round) => round.scenario));
  const half = Math.round(e2eHttpPerSecond / 2);
  return {
    load: { perSecond: half, ...durations },
    summary: { e2eHttpPerSecond, offeredPerSecond: half, ...durations },
    rounds: [{ part: 'e2e-http', rounds: measured }],
  };
}

import { ageDatabase } from './aged-database.js';
import { type BareSteady, runBareSteady } from './bare-steady.js';
import type { Bench } from './bench.js';
import { type LatencySummary, summarizeLatency } from './latency-summary.js';
import { offerTo, type SteadyLoad } from './offered-load.js';
import { medianOf, rounded } from './quantiles.js';
import { cpuBetween, type CpuByRole, cpuByRole, mapRoles, sumOf } from './resources.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { type Running, startTopology, stopAll, type Topology } from './services.js';

/** Events per second, in turn. The figures are those at the second rate. */
const RATES = [50, 200, 500];
export const JUDGED = 200;

/** What a delivery costs at a rate. */
export interface CostOfRate {
  /** From the sending of the POST to the arrival. */
  p50Ms: number;
  p99Ms: number;
  /** CPU time of all processes, per delivery. */
  cpuMs: number;
  cpuByRole: CpuByRole;
  /** The share of the deliveries that the process which stored them has started; 0 in separate processes. */
  startedHere: number;
}

interface Measured extends CostOfRate {
  part: 'everyday';
  round: number;
  perSecond: number;
}

/** A figure above its threshold fails, one below its target is good. Ratios to the baseline. */
type Limits = Record<'cpu' | 'p50' | 'p99', [threshold: number, target: number]>;

const LIMITS: Record<Topology, Limits> = {
  separate: { cpu: [5, 4], p50: [11, 7], p99: [6, 4] },
  all: { cpu: [2.9, 2.4], p50: [4.5, 3.5], p99: [3, 2] },
};

/** Returns the scenario of steady rates of single POSTs to one webhook, on a database of 60 days: CPU per delivery and latency. */
export const everyday =
  (topology: Topology): Scenario =>
  async (bench, { rounds, perSecond, seconds, warmupSeconds }) => {
    await ageDatabase(bench);
    const judged = perSecond ?? JUDGED;
    const rates = perSecond === null ? RATES : [perSecond];
    const baselines: (BareSteady & { part: 'bare'; round: number })[] = [];
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const bare = await runBareSteady(bench, { perSecond: judged, seconds, warmupSeconds });
      baselines.push({ part: 'bare', round, ...bare });
      console.log(`round ${round}: bare@${judged}`, JSON.stringify(bare));
      const running = await startTopology(bench, topology);
      try {
        for (const rate of rates) {
          const load = { perSecond: rate, seconds, warmupSeconds };
          const result = await measureRate(bench, running, load);
          measured.push({ part: 'everyday', round, perSecond: rate, ...result });
          console.log(`round ${round}: ${rate}/s`, JSON.stringify(result));
        }
      } finally {
        await stopAll(running.services, 1);
      }
    }
    const ratio = (of: (measured: Measured) => number, ofBare: (bare: BareSteady) => number) =>
      medianOf(baselines, (bare) => {
        const same = measured.find((each) => each.round === bare.round && each.perSecond === judged);
        return same ? of(same) / ofBare(bare) : Number.NaN;
      });
    const figure = (name: string, value: number, [threshold, target]: [number, number]) =>
      lowerIsBetter(`${name} at ${judged}/s ÷ bare@${judged}`, value, { threshold, target });
    const limits = LIMITS[topology];
    return {
      figures: [
        figure('CPU', ratio(({ cpuMs }) => cpuMs, ({ cpuMsPerDelivery }) => cpuMsPerDelivery), limits.cpu), // prettier-ignore
        figure('p50', ratio(({ p50Ms }) => p50Ms, (bare) => bare.p50Ms), limits.p50), // prettier-ignore
        figure('p99', ratio(({ p99Ms }) => p99Ms, (bare) => bare.p99Ms), limits.p99), // prettier-ignore
      ],
      summary: Object.fromEntries(
        rates.flatMap((rate) => {
          const ofRate = measured.filter((each) => each.perSecond === rate);
          return [
            [`cpuMsAt${rate}`, medianOf(ofRate, ({ cpuMs }) => cpuMs)],
            [`p50MsAt${rate}`, medianOf(ofRate, ({ p50Ms }) => p50Ms)],
            [`p99MsAt${rate}`, medianOf(ofRate, ({ p99Ms }) => p99Ms)],
          ];
        }),
      ),
      rounds: [...baselines, ...measured],
    };
  };

/** Measures what a delivery costs at a steady rate. */
export async function measureRate(
  bench: Bench,
  { services, eventsUrl, apiUrl }: Running,
  load: SteadyLoad,
): Promise<CostOfRate> {
  const read = async () => ({ cpu: cpuByRole(bench, services), startedHere: await countStartedHere(apiUrl) });
  let before = await read();
  let after = before;
  const observed = await offerTo(bench, eventsUrl, {
    ...load,
    eventTypes: ['order.paid'],
    meanwhile: async () => void (before = await read()),
    onResponded: async () => void (after = await read()),
  });
  const { counted, withWarmup } = summarizeLatency(observed);
  if (withWarmup.rejected > 0) throw new Error(`${withWarmup.rejected} events were not accepted`);
  return {
    ...latencyFromSent(counted),
    ...costOf(cpuBetween(before.cpu, after.cpu), counted.offered),
    startedHere: rounded((after.startedHere - before.startedHere) / counted.offered),
  };
}

async function countStartedHere(apiUrl: string): Promise<number> {
  const metrics = await (await fetch(`${apiUrl}/metrics`)).text();
  return Number(/^posthorn_deliveries_started_here_total (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

const latencyFromSent = ({ fromSentP50Ms, fromSentP99Ms }: LatencySummary) => ({
  p50Ms: fromSentP50Ms,
  p99Ms: fromSentP99Ms,
});

function costOf(cpuMs: CpuByRole, deliveries: number): Pick<CostOfRate, 'cpuMs' | 'cpuByRole'> {
  const perDelivery = (used: number) => rounded(used / deliveries);
  return { cpuMs: perDelivery(sumOf(cpuMs)), cpuByRole: mapRoles(cpuMs, perDelivery) };
}

import { type Bench, readArrivals, resetReceiver } from './bench.js';
import type { BareRequest, Sent } from './bare.js';
import { ownScript, startChild, usage } from './child.js';
import type { SteadyLoad } from './offered-load.js';
import { quantile, rounded } from './quantiles.js';
import { sharedClockMs } from './shared-clock.js';

/** The baseline at a steady rate, in the measured period. */
export interface BareSteady {
  cpuMsPerDelivery: number;
  /** From the sending to the arrival. */
  p50Ms: number;
  p99Ms: number;
}

/** Runs the baseline at a steady rate against the same receiver: bare@R. */
export async function runBareSteady(
  bench: Bench,
  { perSecond, warmupSeconds, seconds }: SteadyLoad,
): Promise<BareSteady> {
  await resetReceiver(bench);
  const count = Math.round(perSecond * (warmupSeconds + seconds));
  const bare = startChild(ownScript('bare.js'));
  await bare.next('ready');
  const prepared = bare.next('prepared');
  const done = bare.next<{ sent: Sent }>('done');
  bare.send({ url: bench.receiverUrl, count, perSecond } satisfies BareRequest);
  await prepared;
  const measuredFromMs = sharedClockMs() + warmupSeconds * 1000;
  const cpuBefore = new Promise<number>((resolve) =>
    setTimeout(() => resolve(usage(bare.pid).cpuMs), warmupSeconds * 1000),
  );
  const { sent } = await done;
  const cpuMs = usage(bare.pid).cpuMs - (await cpuBefore);
  await bare.stop();
  const arrivals = new Map((await readArrivals(bench)).arrivals);
  const latencies = sent.flatMap(([id, sentMs]) => {
    const arrivedMs = arrivals.get(id);
    return sentMs < measuredFromMs || arrivedMs === undefined ? [] : [arrivedMs - sentMs];
  });
  return {
    cpuMsPerDelivery: rounded(cpuMs / latencies.length),
    p50Ms: rounded(quantile(latencies, 0.5)),
    p99Ms: rounded(quantile(latencies, 0.99)),
  };
}
